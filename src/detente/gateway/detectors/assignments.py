"""Passwords and keys given to a name: `db_password = "..."`, `API_TOKEN=...`, `"client_secret": "..."`.

The name says what the value may be, the value must look like it: no template, no path, no word of the trade, no code. What is left is
weighed by its kinds of characters, by how seldom its letters stand together in words, and by its entropy. Names that only speak about a
secret (`password_field`, `token_url`, `key_type`) are left alone. Of what is merely possible the hit says so: below 0.5 it warns.
"""

import re

from detente.gateway import weigh
from detente.gateway.rule import Detector, Found, Rule

_NAMES = "(?:pass|pwd|p(?:ass)?word|secret|token|credential|ap[ip][_-]?key|access[_-]?key|auth[_-]?key|[_-]key|private[_-]?key)"
_QUOTED = re.compile(
    rb"""[=>]?[ \t]{0,8}(?:\(|\[)?[brfuBRFU@$L]{0,2}(?:"((?:[^"\\\r\n]|\\.){1,240})"|'((?:[^'\\\r\n]|\\.){1,240})'|`([^`\r\n]{1,240})`|\\"([^"\\\r\n]{1,240})\\")"""
)
_TYPED = re.compile(
    rb"""[ \t]{0,2}[A-Za-z_][\w.]{0,24}(?:\[[\w, |.]{0,32}\])?[?!]?(?:[ \t]?\|[ \t]?None)?[ \t]{0,2}="""
)
_BARE = re.compile(rb"""[ \t]{0,8}([^\s"'`<>]{3,200})[ \t]{0,8}(?=\r?$|\r?\n|[ \t]+#|<|&|\\n)""", re.MULTILINE)
_KEY = re.compile(rb"[ \t]{0,8}[\"'\]\\)]{0,4}([0-9A-Za-z_.\-\[/$@]{1,64})")  # read backwards
_BEGIN = re.compile(rb"(?:.{0,80}(?:-e |--env |[?&;]|\\n))?[ \t]{0,64}(?:ENV |export |set |SET |setx |- )?[\"']?")


def _named(data: bytes, end: int) -> Found | None:
    """A name that ends with `=` or `:` at `end`."""
    before = data[max(0, end - 140) : end - 1]
    back = _KEY.match(before[::-1])
    if back is None or weigh.about(key := back[1][::-1]):
        return None
    typed = _TYPED.match(data, end) if data[end - 1 : end] == b":" else None
    quoted = _QUOTED.match(data, typed.end() if typed else end)
    if quoted is not None:
        group = quoted.lastindex or 1
        return _weighed(key, quoted, group, quoted=True)
    line = before[before.rfind(b"\n") + 1 : len(before) - back.end()]
    bare = _BARE.match(data, end) if _BEGIN.fullmatch(line) else None
    return _weighed(key, bare, 1, quoted=False, tight=data[end : end + 1] not in b" \t") if bare else None


def _weighed(key: bytes, found: re.Match[bytes], group: int, *, quoted: bool, tight: bool = True) -> Found | None:
    sure = weigh.value(key, found[group], quoted=quoted, tight=tight)
    return (found.start(group), found.end(group), sure) if sure else None


_WORDS = (b"pass", b"pwd", b"word", b"secret", b"token", b"credential", b"key")
_NAMED = f"(?i:{_NAMES}[0-9A-Za-z_.\"'\\]\\\\)-]{{0,24}}[ \\t]{{0,8}}[=:])"
_VALUE = r"""[ \t]{0,8}[^\s"'`]{0,200}[ \t]{0,8}[\r\\#]?(?:[\[(|=?][^"'`\n]{0,60})?(?:"(?:[^"\\\r\n]|\\.){0,240}\\?|'(?:[^'\\\r\n]|\\.){0,240}\\?|`[^`\r\n]{0,240})?"""
DETECTOR = Detector(
    "secrets",
    (Rule("secrets", "assigned-secret", "password or key given to a name", _NAMED, _named, 0, 240, _VALUE, _WORDS),),
    valid={
        "assigned-secret": (
            'db_password = "¦tR8kz2Lq"',
            "DB_PASSWORD=¦vK9x2Lq8rT\n",
            '{"client_secret": "¦q8Zr2LkV9xTn5WcYb7Dm3HsJ"}',
            "  smtp_password: ¦Winter2031!\n",
            'password: str = "¦tR8kz2Lq"',
        ),
    },
    invalid={
        "assigned-secret": (
            'password = os.environ["DB_PASSWORD"]',
            'password_field = "user_password"',
            "password: ${DB_PASSWORD}\n",
            "token = tokens.next()\n",
            'secret = "changeme"',
            'api_key = "<your api key>"',
            'token_url = "https://id.corp.local/oauth2/token"',
            'cache_key = "users:by:id"',
        ),
    },
)
