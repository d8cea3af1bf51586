"""What secrets are called in programs, configuration and the languages of the people who write them; and names that only speak about one."""

import re
from functools import lru_cache

_KEYS = "access|account|auth|client|consumer|crypt|crypto|encrypt|encryption|hmac|licen[cs]e|master|private|secret|shared|sign|signing|storage|subscription"
_ABROAD = "contraseña|senha|wachtwoord|heslo|hasło|haslo|parola|kennwort|lösenord|salasana|adgangskode|jelszó|şifre|Пароль|пароль|密码|密碼|パスワード|비밀번호"
NAMES = f"(?:pass|pwd|p(?:ass)?word|secret|token|credential|ap[ip][_-]?key|[_-]key|(?:{_KEYS})key|{_ABROAD})"
"""For anchors, where case does not count: how the name of a secret may begin to show."""
SHORT = "(?:\\b|[_.-])(?:pw|psk)|(?:root|bind|db|user|admin)pw|masterauth"
"""Names so short that nothing but a quote or a bracket may follow."""
WORDS = (
    *(b"pass", b"pwd", b"word", b"secret", b"token", b"credential", b"key", b"pw", b"psk", b"masterauth"),
    *(word.encode() for word in _ABROAD.split("|")),
)
"""One of these is in every name."""

_PASSWORD = re.compile(
    (
        "passw|pwd|passphrase|passcode|^pass$|[_.-]pass$|^pass_|p(?:ass)?word$|(?-i:[a-z]Pass$)|mot_?de_?passe"
        "|(?:admin|auth|db|ftp|http|key|login|mail|my|proxy|require|root|smtp|sql|ssh|store|trust|user|vpn|wifi)pass$"
        f"|(?:^|[_.-])(?:pw|psk)$|(?-i:[a-z]Pw$)|(?:root|bind|db|user|admin)pw$|^masterauth$|{_ABROAD}"
    ).encode(),
    re.IGNORECASE,
)
_STRONG = re.compile(
    rb"secret|token|api_?-?key|access_?-?key|auth_?-?key|private_?-?key|credential|encryption|signing|account_?key|license_?key|master",
    re.IGNORECASE,
)

_LAST = frozenset(
    b"file path dir url uri link endpoint name names id ids type types len length field fields header headers prefix suffix policy regex pattern label hint error errors "
    b"message msg count expire expires expiry expiration ttl env var format size min max enabled required version class column columns index title text help desc description "
    b"placeholder rule rules strategy provider backend store manager service handler algorithm alg method scope scopes kind mode status state role schema table group "
    b"issuer audience source location arn ref selector dialog button input reset char chars position start end range limit budget usage changed updated at on date time age "
    b"ring map mapping list set hash digest regexp re fn func callback param params arg args model event events action page view template component variant variants startswith endswith contains".split()
)
_ANY = frozenset(
    b"public primary foreign sort partition cache tokenizer tokenize tokens keyword keywords keys hotkey shortcut csrf xsrf authenticity next continuation idempotency partial "
    b"translation pad eos bos unk mask cls sep monkey cipher ciphers locale object dict row lookup registry".split()
)
_HUMP, _WORDS, _EDGES = re.compile(rb"(?<=[a-z0-9])(?=[A-Z])"), re.compile(rb"[^0-9a-z]+"), b"[]\"'.$@/-_"


@lru_cache(2048)
def chosen(key: bytes) -> bool:
    """Whether people choose its value, as they do passwords: it may be short."""
    return _PASSWORD.search(key) is not None


@lru_cache(2048)
def strong(key: bytes) -> bool:
    """Whether it promises a key: a machine draws it, it is long."""
    return _STRONG.search(key) is not None


@lru_cache(2048)
def about(key: bytes) -> bool:
    """Whether a name speaks about a secret instead of holding one: `password_field`, `tokenUrl`, `public_key`."""
    if key in (b"$PWD", b"$OLDPWD"):  # the shell's working directory
        return True
    words = _WORDS.split(_HUMP.sub(b"_", key.strip(_EDGES)).lower())
    return (len(words) < 2 and words[0] == b"key") or words[-1] in _LAST or not _ANY.isdisjoint(words)
