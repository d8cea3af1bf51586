"""Accords and keys for the tests of this room."""

from collections.abc import Callable
from importlib import resources

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from detente.accord import signatures

Key = tuple[bytes, str]  # the private key file's content, the public key line


def make_key() -> Key:
    private = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return private, signatures.public(private)


@pytest.fixture(scope="session")
def two_keys() -> tuple[Key, Key]:
    return make_key(), make_key()


@pytest.fixture(scope="session")
def template() -> Callable[[str], bytes]:
    return lambda name: resources.files("detente.accord").joinpath("templates", name).read_bytes()
