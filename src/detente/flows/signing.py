"""An officer signs: the file beside the accord, the row in the database and the entry in the ledger say the same."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from detente.accord.document import Accord
from detente.accord.signatures import unexpired
from detente.flows.workspace import Workspace
from detente.store import accords, ledger


def sign(workspace: Workspace, accord: Accord, role: str, armoured: str, now: Callable[[], datetime]) -> None:
    """Record that the holder of `role` signed this very text. The caller has made the signature with that holder's key.

    Errors: DetenteError, code `expired-key`.
    """
    party, at = accord.parties[role], now()
    unexpired(accord, role, at)
    fingerprint = sha256(" ".join(party.key.split()[:2]).encode()).hexdigest()
    with workspace.engine.begin() as connection:
        accords.keep(connection, accord.digest, accord.source.decode(), at)
        accords.sign(connection, accord.digest, accords.Signed(role, party.name, fingerprint, armoured, at))
        body = {"role": role, "person": party.name, "version": accord.version, "key": fingerprint}
        ledger.append(connection, [ledger.Entry("accord-signed", accord.digest, body)], at)
