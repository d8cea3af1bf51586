"""Signatures of the accord and of what it asks signatures for: SSHSIG over ed25519, as OpenSSH's PROTOCOL.sshsig defines it.

What `sign` makes, `ssh-keygen -Y verify -n accord@detente` accepts; what `ssh-keygen -Y sign -n accord@detente` makes, `verify` accepts.
The namespace says what a signature is for: one made for an accord never counts for an exception, nor the other way round.
"""

import struct
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha512
from itertools import combinations
from textwrap import wrap
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from detente.accord import keys
from detente.accord.document import Accord, Party
from detente.accord.marks import dotted
from detente.accord.schema import Fault
from detente.accord.spans import end
from detente.model.errors import DetenteError

NAMESPACE = "accord@detente"
HASH = "sha512"
_MAGIC = b"SSHSIG"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as read: the signer's key in wire form, what it was made for, the hash, and its 64 bytes."""

    key: bytes
    namespace: str
    hash: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an accord stands. `signed` maps roles to the people whose signatures hold; `problems` says what is wrong with others."""

    in_force: bool
    signed: Mapping[str, str]
    missing: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def draft(self) -> bool:
        """Not in force: usable, and marked as a draft wherever it decides."""
        return not self.in_force


def sign(message: bytes, private: bytes, passphrase: bytes | None = None, *, namespace: str = NAMESPACE) -> str:
    """Sign with an OpenSSH private key file's content; the armoured text belongs into `accord.yaml.ROLE.sig`.

    Errors: DetenteError, code `locked-key` when a passphrase is missing or wrong, `bad-key` when it is no ed25519 key.
    """
    holder = _private(private, passphrase)
    raw = holder.sign(_signed(message, namespace))
    inner = keys.string(keys.ALGORITHM) + keys.string(raw)
    fields = (_wire(holder), namespace.encode(), b"", HASH.encode(), inner)
    blob = _MAGIC + struct.pack(">I", 1) + b"".join(keys.string(field) for field in fields)
    return "\n".join([_BEGIN, *wrap(b64encode(blob).decode(), 70), _END, ""])


def public(private: bytes, passphrase: bytes | None = None) -> str:
    """The public key line of a private key. Errors as for `sign`."""
    return keys.line(_wire(_private(private, passphrase)))


def read(armoured: str, *, namespace: str = NAMESPACE) -> Signature:
    """Read an armoured signature. Errors: DetenteError, code `bad-signature`, when it is none."""
    lines = armoured.strip().splitlines()
    if len(lines) < 3 or lines[0].strip() != _BEGIN or lines[-1].strip() != _END:
        raise _refused("it is not an armoured SSH signature", namespace)
    try:
        blob = b64decode("".join(line.strip() for line in lines[1:-1]), validate=True)
        if blob[:10] != _MAGIC + struct.pack(">I", 1):
            raise ValueError("no SSHSIG of version 1")
        key, purpose, _, digest, inner = keys.strings(blob[10:])
        kind, raw = keys.strings(inner)
    except ValueError as error:
        raise _refused(f"its content cannot be read ({error})", namespace) from error
    if kind != keys.ALGORITHM:
        raise _refused("it was not made with an ed25519 key", namespace)
    return Signature(key, purpose.decode("utf-8", "replace"), digest.decode("utf-8", "replace"), raw)


def verify(message: bytes, armoured: str, key: str, *, namespace: str = NAMESPACE) -> None:
    """Return when `key` (a public key line) signed exactly these bytes; else DetenteError, code `bad-signature`, saying why not."""
    signature = read(armoured, namespace=namespace)
    try:
        holder = keys.blob(key)
    except ValueError as error:
        raise _refused("the accord names no real key for this role", namespace) from error
    if signature.key != holder:
        raise _refused("it was made with another key than the accord names", namespace)
    if (signature.namespace, signature.hash) != (namespace, HASH):
        made = f"it was made for {signature.namespace} with {signature.hash}"
        raise _refused(f"{made}, not for {namespace} with {HASH}", namespace)
    try:
        Ed25519PublicKey.from_public_bytes(keys.strings(holder)[1]).verify(signature.raw, _signed(message, namespace))
    except InvalidSignature as error:
        raise _refused("it does not fit the text: the text was changed after signing", namespace) from error


def two(accord: Accord) -> None:
    """Return when each role may have its own person and key; else InvalidError: what one person signs twice never comes into force."""
    accord.refuse(_twice(accord))


def _twice(accord: Accord) -> Iterator[Fault]:
    """The second role of a person or key, where the accord names it."""
    for (first, one), (second, other) in combinations(accord.parties.items(), 2):
        taken = f"that of {first} again"
        if folded(one.name) == folded(other.name):
            yield ("parties", second, "name"), taken, "another person, or the accord can never come into force"
        if not keys.placeholder(one.key) and one.key.split()[1] == other.key.split()[1]:
            yield ("parties", second, "key"), taken, "that person's own key, or the accord can never come into force"


def status(accord: Accord, signatures: Mapping[str, str]) -> Standing:
    """Whether `signatures` (role to armoured text) put the accord in force: both roles, two keys, two people (law 7)."""
    signed: dict[str, str] = {}
    problems = [f"{dotted(path)}: found {found}; allowed: {allowed}" for path, found, allowed in _twice(accord)]
    blocked = bool(problems) or len(accord.parties) != 2
    for role, armoured in signatures.items():
        try:
            verify(accord.source, armoured, _party(accord, role).key)
            signed[role] = accord.parties[role].name
        except DetenteError as error:
            problems.append(f"the signature of {role} does not count: {error.why}")
    if not accord.parties:
        problems.append("the accord names no parties")
    missing = tuple(role for role in accord.parties if role not in signed)
    return Standing(not blocked and not missing, signed, missing, tuple(problems))


def lasts(accord: Accord, role: str, at: datetime) -> bool:
    """Whether the key of a role still counts at a moment: until the end of its last day in the accord's time zone."""
    until = accord.parties[role].until
    return until is None or at <= end(until, ZoneInfo(accord.timezone))


def unexpired(accord: Accord, role: str, at: datetime) -> None:
    """Return when the key of a role may sign now; else DetenteError, code `expired-key`."""
    if not lasts(accord, role, at):
        raise DetenteError(
            "The signature was not accepted",
            f"the key of {accord.parties[role].name} ({role}) expired on {accord.parties[role].until}.",
            f"Put a new key under parties.{role}.key with another `until`, and let both sign that accord.",
            code="expired-key",
        )


def _party(accord: Accord, role: str) -> Party:
    if role not in accord.parties:
        raise _refused("the accord knows no such role", NAMESPACE)
    return accord.parties[role]


def folded(name: str) -> str:
    """A name as two spellings of it compare: by width, case and spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _signed(message: bytes, namespace: str) -> bytes:
    fields = (namespace.encode(), b"", HASH.encode(), sha512(message).digest())
    return _MAGIC + b"".join(keys.string(field) for field in fields)


def _wire(holder: Ed25519PrivateKey) -> bytes:
    raw = holder.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return keys.string(keys.ALGORITHM) + keys.string(raw)


def _private(private: bytes, passphrase: bytes | None) -> Ed25519PrivateKey:
    try:
        holder = load_ssh_private_key(private, passphrase)
    except TypeError as error:  # what `cryptography` raises when a passphrase is needed and none is given
        raise _unusable("it is locked with a passphrase.", "Give the passphrase.", "locked-key") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unusable("it is no OpenSSH key, or its passphrase is another.", "Check both.", "bad-key") from error
    if not isinstance(holder, Ed25519PrivateKey):
        raise _unusable("only ed25519 keys sign an accord.", "Make one with `ssh-keygen -t ed25519`.", "bad-key")
    return holder


def _unusable(why: str, do: str, code: str) -> DetenteError:
    return DetenteError("The private key cannot be used", why, do, code=code)


def _refused(why: str, namespace: str) -> DetenteError:
    do = f"Sign the text as it is now with `detente {namespace.partition('@')[0]} sign`."
    return DetenteError("The signature does not count", f"{why}.", do, code="bad-signature")
