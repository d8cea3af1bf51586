"""What a value weighs under a name, and which names only speak about a secret."""

import pytest

from detente.gateway import allow, entropy, terms, weigh
from detente.gateway.verdict import SURE


@pytest.mark.parametrize(
    "key", ["password_field", "tokenUrl", "public_key", "secretName", "cache_key", "key", "PASSWORD_MIN_LENGTH"]
)
def test_names_about_secrets(key: str) -> None:
    assert terms.about(key.encode())


@pytest.mark.parametrize("key", ["password", "dbPassword", "API_KEY", "client-secret", "spring.datasource.password"])
def test_names_of_secrets(key: str) -> None:
    assert not terms.about(key.encode())


@pytest.mark.parametrize("text", ["tR8kz2Lq", "Winter2031!", "hunter" + "22", "xkqzvwpj"])
def test_passwords(text: str) -> None:
    assert weigh.value(b"password", text.encode(), quoted=True) >= SURE


@pytest.mark.parametrize(
    "text",
    [
        "user_password",
        "changeme",
        "${SECRET}",
        "get_password()",
        "settings.PASSWORD",
        "/run/secrets/db",
        "your-password",
        "********",
        "password",
    ],
)
def test_no_passwords(text: str) -> None:
    assert weigh.value(b"password", text.encode(), quoted=True) < SURE


def test_keys_are_long_and_random() -> None:
    assert weigh.value(b"api_key", b"q8Zr2LkV9xTn5WcYb7Dm3HsJ", quoted=True) >= SURE
    assert weigh.value(b"api_key", b"7c1e9f0a42b86d35e8f1a907", quoted=True) >= SURE
    assert weigh.value(b"api_key", b"first_user_account_name", quoted=True) == 0
    assert weigh.value(b"api_key", b"short1", quoted=True) == 0


def test_randomness() -> None:
    assert entropy.bits(b"aaaa") == 0
    assert entropy.bits(b"abcd") == 2
    assert entropy.surprise(b"interesting") < 0.1 < 0.5 < entropy.surprise(b"xqzkvjwq")
    assert entropy.classes(b"aA1-") == 4
    assert entropy.switches(b"ab12cd") == 2


def test_what_is_public_anyway() -> None:
    assert allow.public(b"123e4567-e89b-12d3-a456-426614174000")
    assert allow.public(b"1.22.3-rc1")
    assert not allow.public(b"tR8kz2Lq")
