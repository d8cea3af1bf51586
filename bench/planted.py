"""Secrets and look-alikes in the lines of `planted.txt`, drawn anew for each seed: what the detectors were not written at."""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

WORDS = (
    *("river", "copper", "lantern", "orbit", "meadow", "falcon", "ticket", "marble"),
    *("harbor", "pepper", "violet", "winter", "engine", "cactus", "planet", "shadow"),
)
USERS = ("billing", "svc_orders", "app", "reporter", "etl", "root", "jmeyer")
HOSTS = ("db01.corp.local", "10.20.3.8", "mq.prod.internal", "cache-2.acme.io", "pg.eu-west.acme.net", "crm-db")
HARMLESS = "harmless"
KEYS = "keys"
_HOLE = re.compile(r"@(secret|user|host|word|number|digest|commit|uuid)@")
_SIGNS, _HEXADECIMAL = string.ascii_letters + string.digits, "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Line:
    """A text of one family, as `form` has it; the secret is empty where it holds none."""

    family: str
    form: str
    text: str
    secret: str


def lines(seed: int, each: int) -> Iterator[Line]:
    """`each` lines of every form."""
    random = Random(seed)
    for family, form in forms():
        for _ in range(each):
            secret = _secret(family, random)
            text = _HOLE.sub(lambda hole: _drawn(hole[1], random, secret), form)  # noqa: B023  # used at once
            yield Line(family, form, f"{text.replace(chr(92) + 'n', chr(10))}\n", secret)


def forms() -> Iterator[tuple[str, str]]:
    """(family, line with holes) of the file."""
    family = ""
    for line in Path(__file__).with_suffix(".txt").read_text("utf8").splitlines():
        if re.fullmatch(r"\[[a-zA-Z ]+\]", line) and line != "[client]":
            family = line[1:-1]
        elif family and line.strip():
            yield family, line


def _secret(family: str, random: Random) -> str:
    if family == HARMLESS:
        return ""
    if family == KEYS:
        return _some(random, *random.choice(((_SIGNS, 20, 44), (_HEXADECIMAL, 32, 40), (_SIGNS + "-_", 32, 48))))
    return _some(random, _SIGNS, 8, 20) if family.startswith("URL") else _password(random)


def _password(random: Random) -> str:
    """As people and generators make them: random characters, words with digits and signs, passphrases, hexadecimal."""
    word, other = random.sample(WORDS, 2)
    return random.choice(
        (
            _some(random, _SIGNS, 8, 20),
            _some(random, _SIGNS + "!#%*+-.=?^_", 10, 18),
            f"{word.title()}{random.randint(1, 2031)}{random.choice('!?#')}",
            f"{word}{random.randint(10, 9999)}",
            f"{word}-{other}-{random.randint(10, 99)}",
            _some(random, string.ascii_lowercase, 8, 12),
            _some(random, _HEXADECIMAL, 32, 32),
        )
    )


def _some(random: Random, signs: str, least: int, most: int) -> str:
    return "".join(random.choices(signs, k=random.randint(least, most)))


def _drawn(name: str, random: Random, secret: str) -> str:
    """What fills a hole."""
    if name == "secret":
        return secret
    if name == "uuid":
        return "-".join(_some(random, _HEXADECIMAL, size, size) for size in (8, 4, 4, 4, 12))
    if name in ("digest", "commit"):
        return _some(random, _HEXADECIMAL, *((64, 64) if name == "digest" else (40, 40)))
    if name == "number":
        return str(random.randint(2, 99))
    return random.choice({"user": USERS, "host": HOSTS, "word": WORDS}[name])
