"""Who signs: a private key file, its passphrase when it is locked, and the role that the accord gives its holder."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from detente.model.errors import DetenteError

if TYPE_CHECKING:
    from detente.accord.document import Accord


@dataclass(frozen=True, slots=True)
class Signer:
    """A role and the key that signs for it."""

    role: str
    private: bytes
    passphrase: bytes | None


def signer(accord: "Accord", key: Path | None, role: str) -> Signer:
    """The holder of `key` (~/.ssh/id_ed25519 by default); a key that the accord does not name cannot sign."""
    from detente.accord.signatures import public

    path = key or Path.home() / ".ssh" / "id_ed25519"
    try:
        private = path.read_bytes()
    except OSError as error:
        do = "Name it with --key, or make one: `ssh-keygen -t ed25519`."
        raise DetenteError(f"No private key at {path}", f"{error.strerror}.", do, code="no-file") from error
    passphrase = _passphrase(private)
    return Signer(_role(accord, role, public(private, passphrase)), private, passphrase)


def _passphrase(private: bytes) -> bytes | None:
    from detente.accord.signatures import public

    try:
        public(private)
    except DetenteError as error:
        if error.code != "locked-key":
            raise
        return str(typer.prompt("Passphrase", hide_input=True, err=True)).encode()
    return None


def _role(accord: "Accord", role: str, public: str) -> str:
    own = [name for name, party in accord.parties.items() if party.key.split()[:2] == public.split()]
    if not own or (role and role not in own):
        why = f"accord.yaml does not name this key for {role or 'any role'}."
        do = f"Put `{public}` under parties.{role or 'ROLE'}.key first."
        raise DetenteError("This key cannot sign", why, do, code="unknown-key")
    return role or own[0]
