"""The workspace's own signature under what it answered, so that a pipeline can prove that it asked.

The key is made at its first use and readable by its owner alone; the public one lies beside it (`gate.pub`), for
`ssh-keygen -Y verify -n gate@detente` and for whoever checks an answer without Détente.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from detente.accord import signatures
from detente.accord.spans import SKEW
from detente.flows import secrets
from detente.model.errors import DetenteError

KEY, PUBLIC = "gate.key", "gate.pub"
NAMESPACE = "gate@detente"


def signed(folder: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its signature."""
    return {**told, "signature": signatures.sign(canonical(told), _secret(folder), namespace=NAMESPACE)}


def canonical(told: Mapping[str, Any]) -> bytes:
    """What is signed: the document without its signature, keys sorted, no spaces, UTF-8."""
    unsigned = {key: value for key, value in told.items() if key != "signature"}
    return json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def verified(folder: Path, text: str, now: datetime) -> dict[str, Any]:
    """A kept answer, proven to be of this workspace and still valid.

    Errors: DetenteError, code `gate-answer` for what is none or has expired, `bad-signature` for one that was changed.
    """
    try:
        told = dict(json.loads(text))
        armoured, expires = str(told["signature"]), datetime.fromisoformat(told["expires"])
        late, early = expires <= now, datetime.fromisoformat(told["asked"]) > now + SKEW
    except (ValueError, KeyError, TypeError) as error:
        raise _unproven("it is no answer of the gate") from error
    public = folder / PUBLIC
    if not public.is_file():
        raise _unproven("this workspace has answered nothing yet: it has no key")
    signatures.verify(canonical(told), armoured, public.read_text("utf-8"), namespace=NAMESPACE)
    if late:
        raise _unproven(f"it expired at {told['expires']}")
    if early:
        raise _unproven(f"it says that it was given at {told['asked']}, which is still to come")
    return told


def _secret(folder: Path) -> bytes:
    """The private key; beside it lies the public one."""
    fresh = not (folder / KEY).is_file()
    private = secrets.own(folder / KEY, _made)
    if fresh:
        (folder / PUBLIC).write_text(f"{signatures.public(private)} gate@detente\n", "utf-8")
    return private


def _made() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _unproven(why: str) -> DetenteError:
    do = "Ask again with `detente gate SERVICE --json`."
    return DetenteError("The answer does not count", f"{why}.", do, code="gate-answer")
