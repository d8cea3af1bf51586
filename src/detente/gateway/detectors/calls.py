"""Passwords given to functions: `define('DB_PASSWORD', '...')`, `setPassword("...")`, `login("user", "...")`, `auth=("user", "...")`.

Where the name stands in the call, it is weighed as an assigned one; where only the place among the arguments tells, the function is one
whose manual says so. `createHmac`, `jwt.sign` and their like take a key.
"""

import re
from functools import partial

from detente.gateway import terms, weigh
from detente.gateway.rule import Detector, Find, Found, Rule

_STRING = r"""[brfuLN@$]{0,2}(?:"((?:[^"\\\r\n]|\\.){0,128})"|'((?:[^'\\\r\n]|\\.){0,128})')"""
_OTHER = _STRING.replace("((?:", "(?:(?:") + r"""|[^"'(),\r\n]{1,64}(?:\([^()\r\n]{0,64}\))?"""


def _argument(place: int, name: bytes) -> Find:
    """The argument at `place`, from 1, of a call whose bracket ends at `end`, weighed as if `name` held it."""
    before = rf"(?:(?:{_OTHER})\s{{0,4}},\s{{0,16}}){{{place - 1}}}"
    pattern = re.compile(rf"\s{{0,16}}{before}{_STRING}(?=\s{{0,16}}[,)])".encode())

    def find(data: bytes, end: int) -> Found | None:
        found = pattern.match(data, end)
        if found is None:
            return None
        group = found.lastindex or 1
        sure = weigh.value(name, found[group], quoted=True)
        return (*found.span(group), sure) if sure else None

    return find


def _call(data: bytes, end: int) -> Found | None:
    """A name and its value as arguments: the name's quote ends before `end`, or the name is the function's."""
    name = re.search(rb"([\w.-]{1,64})['\"]?[ ]{0,2}[,(]$", data[max(0, end - 80) : end])
    value = re.match(rb"[ ]{0,2}(?:default=)?(['\"])([^'\"\\\s]{4,128})\1", data[end : end + 140])
    if name is None or value is None or terms.about(name[1]):
        return None
    sure = weigh.value(name[1], value[2], quoted=True)
    return (end + value.start(2), end + value.end(2), sure) if sure else None


_GIVEN = "define|put|putenv|set|setproperty|setenv|env|getenv|get|getproperty|getordefault|setdefault|fetch|config"
_NAMED = f"{terms.NAMES}[0-9A-Za-z_.-]{{0,16}}"
_CALL = f"(?i:(?:(?:{_GIVEN})\\([ ]?['\"][0-9A-Za-z_.-]{{0,24}}{_NAMED}['\"][ ]{{0,2}},|[.>]set{_NAMED}\\())"
_SECOND = "(?i:(?:basicauth|log_?in|sign_?in|authenticate|networkcredential|passwordcredentials|passwordauthentication|passwordauthenticationtoken|auth[ ]?=[ ]?)[ ]?\\()"
_THIRD = "(?i:(?:mysqli?(?:_p?connect)?|real_connect|getconnection|new[ ]pdo|dbi->connect|mysqldb[.]connect|pymysql[.]connect)[ ]?\\()"
_SIGNED = "(?i:(?:createhmac|jwt[.](?:sign|verify|encode|decode))[ ]?\\()"
_FIRST = "(?i:(?:fernet|secretkeyspec|hmac[.]new|signingkey)\\()"
_rule = partial(Rule, "secrets")
_still = r"""\s{0,16}(?:[^()\r\n]{0,300}|[^()\r\n]{0,130}\([^()\r\n]{0,64}\)?[^()\r\n]{0,130})\s{0,16}"""
_SAFE = "convertto-securestring[ ](?:-string[ ])?"
DETECTOR = Detector(
    "secrets",
    (
        _rule(
            "call-secret",
            "password given to a function",
            _CALL,
            _call,
            0,
            90,
            r"[ ]{0,2}[a-z=]{0,9}['\"]?[^'\"\\\s]{0,129}",
            terms.WORDS,
        ),
        _rule("login-secret", "password of a login in code", _SECOND, _argument(2, b"password"), 0, 40, _still),
        _rule("login-secret", "password of a connection in code", _THIRD, _argument(3, b"password"), 0, 40, _still),
        _rule("signing-secret", "key given to a function", _SIGNED, _argument(2, b"secret_key"), 0, 40, _still),
        _rule("signing-secret", "key given to a function", _FIRST, _argument(1, b"secret_key"), 0, 40, _still),
    ),
    valid={
        "call-secret": (
            "define('DB_PASSWORD', '¦tR8kz2Lq');",
            'source.setPassword("¦tR8kz2Lq");',
            "env('DB_PASSWORD', '¦tR8kz2Lq')",
        ),
        "login-secret": (
            'server.login("crm@corp.local", "¦tR8kz2Lq")',
            'requests.get(url, auth=("crm", "¦tR8kz2Lq"))',
            'DriverManager.getConnection(url, "crm", "¦tR8kz2Lq");',
            "new PDO('mysql:host=db', 'crm', '¦tR8kz2Lq')",
        ),
        "signing-secret": ('jwt.sign(payload, "¦q8Zr2LkV9xTn5WcYb7Dm3HsJ")', "Fernet(b'¦q8Zr2LkV9xTn5WcYb7Dm3HsJ')"),
    },
    invalid={
        "call-secret": ("define('DB_PASSWORD', 'password_here');", 'form.setPassword("password");'),
        "login-secret": (
            "server.login(user, password)",
            'login("user", "password")',
            'auth=("user", os.environ["P4s5"])',
        ),
        "signing-secret": ("jwt.sign(payload, 'secret')", "hmac.new(key, body)"),
    },
)
