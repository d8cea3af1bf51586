"""Passwords on command lines: `--password ...`, `mysql -p...`, `sshpass -p ...`, `curl -u user:...`.

Options as in the manuals of the programs. On a command line, where prose speaks of options too, a word alone is none.
"""

import re
from functools import partial

from detente.gateway import weigh
from detente.gateway.rule import Detector, Find, Found, Rule, line

_PROGRAMS = {
    "mysql(?:dump|admin|import|check)?|mariadb": r"-p(?=\S)",
    "sshpass|docker login|podman login|az login|mongo(?:sh|dump|restore)?": r"-p[ =]?",
    "curl|wget|http": r"(?:-u|--user|-U|--proxy-user)[ =]?[\"']?[^\s:\"'@]{1,64}:",
    "redis-cli": "-a[ ]?",
    "ldap(?:search|add|modify|delete|passwd|whoami)": "-w[ ]?",
    "htpasswd": r"-[A-Za-z]*b[A-Za-z]* \S+ \S+ ",
    "username|enable": "(?:password|secret) [05] ",
    "sqlcmd|bcp": "-P[ ]?",
    "[Cc]onvert[Tt]o-[Ss]ecure[Ss]tring": "(?=[\"'])",
    "smbclient|rpcclient|wmic?": "-U[ ]?[\"']?[^\\s%]{1,64}%",
    "sqlplus|impdp|expdp": "(?<= )[0-9A-Za-z_]{1,32}/(?=[^\\s/]+@)",
}


def _given(option: str) -> Find:
    """What follows `option` on the rest of the line."""
    pattern = re.compile(rf"(?:[^\n|;]{{0,160}}?[ ])??{option}[\"']?([^\s\"'@]{{4,128}})".encode())

    def find(data: bytes, end: int) -> Found | None:
        found = pattern.match(data, end)
        return _weighed(found.start(1), found[1]) if found else None

    return find


def _option(data: bytes, end: int) -> Found | None:
    """`--password VALUE`."""
    value = re.match(rb"(?:pass:)?['\"]?([^\s'\"\\]{4,128})", data[end : end + 140])
    return _weighed(end + value.start(1), value[1], tight=False) if value else None


def _weighed(start: int, text: bytes, *, tight: bool = True) -> Found | None:
    if text.startswith((b"-", b"$", b"<", b"[", b"{", b"|", b"(", b"%")):
        return None
    sure = weigh.value(b"password", text, quoted=False, tight=tight)
    return (start, start + len(text), sure) if sure > 0.5 else None


_FLAG = r"(?i:[\s\"'\[]--?(?:[a-z]{1,12}-){0,3}(?:password|passwd|passphrase|pass|token|api-?key|secret|storepass|keypass|passin|passout)[ =])"
_rule = partial(Rule, "secrets")
DETECTOR = Detector(
    "secrets",
    (
        _rule(
            *("option-secret", "password on a command line", _FLAG, _option),
            *(0, 20, r"(?:pass:)?['\"]?[^\s'\"\\]{0,128}", (b"-",)),
        ),
        *(
            _rule("command-secret", "password of a command", f"\\b(?:{names})[ ]", _given(option), 0, 20, line(320))
            for names, option in _PROGRAMS.items()
        ),
    ),
    valid={
        "option-secret": (
            "mysqldump --password ¦tR8kz2Lq9 crm",
            "keytool -storepass ¦tR8kz2Lq9 -list",
        ),
        "command-secret": (
            "mysql -u crm -p¦tR8kz2Lq crm",
            "sshpass -p '¦tR8kz2Lq' ssh crm@db",
            'curl -s -u "crm:¦tR8kz2Lq" https://api.corp.local/',
            "sqlplus crm/¦tR8kz2Lq@db01/crm",
        ),
    },
    invalid={
        "option-secret": ("tool --password $PASSWORD", "tool --token <token>", "use --password together with --user"),
        "command-secret": (
            "mysql -u crm -p crm",
            'sshpass -p "$PASS" ssh',
            "curl -u user:password https://x/",
            "docker login -p <password>",
        ),
    },
)
