"""How random a short text is: bits a character, and whether its letters follow each other as in words and names."""

import re
from collections import Counter
from math import log2

_COMMON = frozenset(
    (
        b"th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro "
        b"ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so "
        b"rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl "
        b"ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd do uc bu ei ov by rm ep tt "
        b"oc fa ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru ug ds lt pi rc rr eg au ck "
        b"ew mu br bi pt ak pu ui rg ib tl ny ki rk ys ob mm fu ph og ms ye ud mb ip ub oi rl gu dr hr cc tw ft wn nu af "
        b"hu nn eo vo rv nf xp gn sm fl iz ok nl my gl aw ju oa eq sy sl ps jo lf nv je nk kn gs dy hy ze ks xt bs ik dd "
        b"pm"
    ).split()
)

_RUNS = re.compile(rb"[A-Za-z]+|[0-9]+|[^A-Za-z0-9]+")


def bits(value: bytes) -> float:
    """Shannon entropy, in bits a byte."""
    size = len(value)
    return -sum(count / size * log2(count / size) for count in Counter(value).values()) if size else 0.0


def surprise(value: bytes) -> float:
    """The share of neighbouring letters that rarely stand together in words; 0 for names, about 0.6 for random letters."""
    text = value.lower()
    pairs = [text[at : at + 2] for at in range(len(text) - 1) if text[at : at + 2].isalpha()]
    return sum(pair not in _COMMON for pair in pairs) / len(pairs) if pairs else 0.0


def classes(value: bytes) -> int:
    """How many of lower case, upper case, digits and signs it has."""
    return (
        any(97 <= byte <= 122 for byte in value)
        + any(65 <= byte <= 90 for byte in value)
        + any(48 <= byte <= 57 for byte in value)
        + (not value.isalnum())
    )


def switches(value: bytes) -> int:
    """How often letters, digits and signs take turns: random text often, names seldom."""
    return max(0, len(_RUNS.findall(value)) - 1)
