"""Which accords have been seen, and who signed them: the database itself refuses one person or one key in two roles."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from detente.model.errors import DetenteError
from detente.store import tables


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature as it is kept: `key` is the public key's fingerprint, `sshsig` the armoured signature."""

    role: str
    person: str
    key: str
    sshsig: str
    at: datetime


def keep(connection: Connection, digest: str, text: str, at: datetime) -> None:
    """Remember the text of an accord, once."""
    known = select(tables.accord.c.digest).where(tables.accord.c.digest == digest)
    if connection.execute(known).first() is None:
        connection.execute(insert(tables.accord), {"digest": digest, "text": text, "first_seen": at})


def sign(connection: Connection, digest: str, signed: Signed) -> None:
    """Keep a role's signature on a kept accord; a new one of the same role replaces it.

    Raises DetenteError when the same person or key already signed in the other role.
    """
    table = tables.signature
    connection.execute(delete(table).where((table.c.accord == digest) & (table.c.role == signed.role)))
    row = {
        "accord": digest,
        "role": signed.role,
        "person": signed.person,
        "key_fingerprint": signed.key,
        "sshsig": signed.sshsig,
        "signed_at": signed.at,
    }
    try:
        connection.execute(insert(table), row)
    except IntegrityError as error:
        raise DetenteError(
            "The signature was not accepted",
            f"{signed.person}, or the same key, has already signed this accord in another role.",
            "Two roles need two people with a key each: let the other officer sign.",
            code="two-people",
        ) from error
