"""Secrets that a workspace makes for itself: files that only their owner can read, and what is wrapped under them."""

from collections.abc import Callable
from os import urandom
from pathlib import Path
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from detente.model.errors import DetenteError

_NONCE = 12


def own(path: Path, make: Callable[[], bytes]) -> bytes:
    """The secret in this file, made at its first use; of two processes that make one at the same moment, one wins, and both use that."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{uuid4().hex}")
        aside.touch(mode=0o600)
        aside.write_bytes(make())
        try:
            path.hardlink_to(aside)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_bytes()


def wrapped(key: bytes, name: str, secret: bytes) -> bytes:
    """`secret` under AES-256-GCM, bound to its name: it opens under no other."""
    nonce = urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret, name.encode())


def opened(key: bytes, name: str, sealed: bytes, file: Path) -> bytes:
    """What was wrapped. Errors: DetenteError, code `tenant-key`, where the key in `file` is another."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
    except (InvalidTag, ValueError) as error:
        why = f"it was wrapped under another key than the one in {file}."
        do = "Copy that file from the machine that made the tenant: all machines on one database share it."
        raise DetenteError(f"The secret of the tenant {name} cannot be opened", why, do, code="tenant-key") from error
