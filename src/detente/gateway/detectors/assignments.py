"""Passwords and keys given to a name: `db_password = "..."`, `API_TOKEN=...`, `"client_secret": "..."`, `psql "host=db password=..."`.

The name says what the value may be, the value must look like it: no template, no path, no word of the trade, no code. What is left is
weighed by its kinds of characters, by how seldom its letters stand together in words, and by its entropy. Names that only speak about a
secret (`password_field`, `token_url`, `key_type`) are left alone. Of what is merely possible the hit says so: below 0.5 it warns.
"""

import re
from functools import partial

from detente.gateway import terms, weigh
from detente.gateway.rule import Detector, Found, Rule

_QUOTED = re.compile(
    rb"""[=>-]?[ \t]{0,8}(?:\(|\[|\{[ ]{0,2}["'](?i:value|default)["'][ ]?:[ ]?)?[brfuBRFU@$L]{0,2}(?:"((?:[^"\\\r\n]|\\.){1,240})"|'((?:[^'\\\r\n]|\\.){1,240})'|`([^`\r\n]{1,240})`|\\"([^"\\\r\n]{1,240})\\")"""
)
_TYPED = re.compile(
    rb"""[ \t]{0,2}(?:&(?:'static )?)?[A-Za-z_][\w.]{0,24}(?:\[[\w, |.]{0,32}\])?[?!]?(?:[ \t]?\|[ \t]?None)?[ \t]{0,2}="""
)
_LINE = re.compile(
    rb"""(?:[*_]{2})?[ \t]{0,8}([^\s"'`<>]{3,200}?)[ \t]{0,8}(?=&?\r?$|&?\r?\n|[ \t]+#|<|&(?:amp;)?[\w.-]{1,40}=|\\n)""",
    re.MULTILINE,
)
_PART = re.compile(rb"""[ \t]?([^\s"'`<>;&]{3,200})(?=[\s"'`<;&]|$)""")
_KEY = re.compile(rb"[ \t]{0,24}[\"'\]\\)\[]{0,4}([0-9A-Za-z_.\-\[/$@\x80-\xff]{1,64})")  # read backwards
_BEGIN = re.compile(
    rb"(?:.{0,80}(?:-e |--env |[?&;]|\\n))?[ \t]{0,64}(?:(?:ENV|ARG|export|set|SET|setx|-|#|//|--|\*) |Environment=)?[\"'*]{0,2}"
    rb"|.{0,40}(?i:user|login|mail|account)\w{0,8}[ \t]{0,2}[:=].{1,60}[ ,/|]"
)
_BETWEEN = (b"", b" ", b"\t", b"?", b"&", b";", b"=")
_PROPERTY = re.compile(rb"(?:[ ]?\{[ ]?get;[^{}]{0,24}\}|[ ]As[ ]String)[ ]?$", re.IGNORECASE)


def _named(data: bytes, end: int) -> Found | None:
    """A name that ends with `=`, `:` or `<-` at `end`."""
    before = data[max(0, end - 140) : end - 1].removesuffix(b"<")
    before = _PROPERTY.sub(b"", before) if before[-8:].rstrip().endswith((b"}", b"String")) else before
    back = _KEY.match(before[::-1])
    if back is None or terms.about(key := back[1][::-1]):
        return None
    typed = _TYPED.match(data, end) if data[end - 1 : end] == b":" else None
    quoted = _QUOTED.match(data, typed.end() if typed else end)
    if quoted is not None:
        return _weighed(key, quoted, quoted.lastindex or 1, quoted=True)
    return _bare(data, end, key, before[before.rfind(b"\n") + 1 : len(before) - back.end()])


def _bare(data: bytes, end: int, key: bytes, line: bytes) -> Found | None:
    """A value without quotes: the rest of the line; or, for values no word looks like, what is written close to the name."""
    tight = data[end : end + 1] not in b" \t"
    whole, part = _LINE.match(data, end), _PART.match(data, end)
    found = _weighed(key, whole, 1, quoted=False, tight=tight) if whole else None
    if found and _BEGIN.fullmatch(line):
        return found
    close = part and (line[-1:] in (b'"', b"'") or (tight and line[-1:] in _BETWEEN))
    found = _weighed(key, part, 1, quoted=False) if part and close else None
    return found if found and found[2] >= 0.6 else None


def _weighed(key: bytes, found: re.Match[bytes], group: int, *, quoted: bool, tight: bool = True) -> Found | None:
    sure = weigh.value(key, found[group], quoted=quoted, tight=tight)
    return (found.start(group), found.end(group), sure) if sure else None


_REST = "[0-9A-Za-z_.\"'\\]\\[\\\\)-]{0,24}"
_NAMED = f"(?i:(?:{terms.NAMES}{_REST}|(?:{terms.SHORT})[\"'\\]\\[\\\\)]{{0,4}})[ \\t]{{0,24}}(?:[=:]|<-))"
_GOTTEN = "(?i:[{][ ]?get;[ ]?(?:(?:init|private|protected)[ ])?(?:set;[ ]?)?[}][ ]?=|[ ]As[ ]String[ ]?=)"
_VALUE = r"""(?:[ \t]{0,8}\{[ ]{0,2}["'][A-Za-z]{0,7}["']?[ ]?:?[ ]?)?(?:[*_]{2})?[ \t]{0,8}[^\s"'`]{0,200}[ \t]{0,8}[\r\\#]?(?:[\[(|=?][^"'`\n]{0,60})?(?:"(?:[^"\\\r\n]|\\.){0,240}\\?|'(?:[^'\\\r\n]|\\.){0,240}\\?|`[^`\r\n]{0,240})?"""
_rule = partial(Rule, "secrets", "assigned-secret", "password or key given to a name")
DETECTOR = Detector(
    "secrets",
    (
        _rule(_NAMED, _named, 0, 240, _VALUE, terms.WORDS),
        _rule(_GOTTEN, _named, 0, 240, _VALUE, (b"get;", b"string")),
    ),
    valid={
        "assigned-secret": (
            'db_password = "¦tR8kz2Lq"',
            "DB_PASSWORD=¦vK9x2Lq8rT\n",
            '{"client_secret": "¦q8Zr2LkV9xTn5WcYb7Dm3HsJ"}',
            'password: str = "¦tR8kz2Lq"',
            'public string Password { get; set; } = "¦tR8kz2Lq";',
            'connect("host=db user=crm password=¦tR8kz2Lq dbname=crm")',
            "contraseña: ¦tR8kz2Lq\n",
            "db01 ansible_user=crm ansible_ssh_pass=¦tR8kz2Lq ansible_port=22\n",
        ),
    },
    invalid={
        "assigned-secret": (
            'password = os.environ["DB_PASSWORD"]',
            'password_field = "user_password"',
            "password: ${DB_PASSWORD}\n",
            "token = tokens.next()\n",
            'api_key = "<your api key>"',
            'token_url = "https://id.corp.local/oauth2/token"',
            "name.route_key = :singular_route_key4\n",
            "connect(user=user1, password=password1)\n",
        ),
    },
)
