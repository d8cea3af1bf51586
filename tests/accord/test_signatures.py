"""Signatures: ours and OpenSSH's are the same thing; two signatures are two people."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.accord import keys, signatures
from detente.accord.document import Accord, load
from detente.model.errors import DetenteError

Key = tuple[bytes, str]  # the private key file, the public key line
Keys = tuple[Key, Key]


def refusal(message: bytes, armoured: str, key: str) -> str:
    with pytest.raises(DetenteError) as caught:
        signatures.verify(message, armoured, key)
    assert caught.value.code == "bad-signature"
    return caught.value.why


def signed_by(two: Keys, *, names: tuple[str, str] = ("Ada", "Ben"), same: bool = False) -> Accord:
    lines = [two[0][1], two[0 if same else 1][1]]
    parties = "\n".join(
        f"  {role}: {{name: {name}, key: {line}}}" for role, name, line in zip(ROLES, names, lines, strict=True)
    )
    return load(f"accord: 1\norganisation: X\ncurrency: EUR\nparties:\n{parties}\n", "accord.yaml")


ROLES = ("cio", "ciso")


@given(message=st.binary(max_size=200))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_signed_verifies_and_nothing_else(message: bytes, two_keys: Keys) -> None:
    (private, line), (_, other) = two_keys
    armoured = signatures.sign(message, private)
    signatures.verify(message, armoured, line)
    assert "changed after signing" in refusal(message + b" ", armoured, line)
    assert "another key" in refusal(message, armoured, other)


@given(data=st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_changed_character_goes_through(data: st.DataObject, two_keys: Keys) -> None:
    private, line = two_keys[0]
    armoured = signatures.sign(b"text", private)
    at = data.draw(st.integers(0, len(armoured) - 2))
    character = data.draw(st.characters(codec="ascii").filter(lambda each: each not in (armoured[at], "\n", "\r")))
    broken = armoured[:at] + character + armoured[at + 1 :]
    if broken.split() != armoured.split():
        assert refusal(b"text", broken, line)


def test_a_signature_for_another_purpose_does_not_count(two_keys: Keys) -> None:
    private, line = two_keys[0]
    armoured = signatures.sign(b"text", private, namespace="file")
    assert refusal(b"text", armoured, line) == "it was made for file with sha512, not for accord@detente with sha512."


def test_a_placeholder_signs_for_nobody(two_keys: Keys) -> None:
    armoured = signatures.sign(b"text", two_keys[0][0])
    assert "no real key" in refusal(b"text", armoured, "ssh-ed25519 AAAA... cio")
    assert "no armoured" not in refusal(b"text", armoured, two_keys[1][1])
    assert refusal(b"text", "hello", two_keys[0][1]) == "it is not an armoured SSH signature."


def test_locked_keys_need_their_passphrase() -> None:
    locked = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(b"open sesame")
    )
    armoured = signatures.sign(b"text", locked, b"open sesame")
    signatures.verify(b"text", armoured, signatures.public(locked, b"open sesame"))
    for passphrase, code in ((None, "locked-key"), (b"wrong", "bad-key")):
        with pytest.raises(DetenteError) as caught:
            signatures.sign(b"text", locked, passphrase)
        assert caught.value.code == code


def test_only_ed25519_signs() -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    for private in (other, b"no key at all"):
        with pytest.raises(DetenteError, match="The private key cannot be used"):
            signatures.sign(b"text", private)


def test_two_signatures_put_it_in_force(two_keys: Keys) -> None:
    accord = signed_by(two_keys)
    both = {role: signatures.sign(accord.source, private) for role, (private, _) in zip(ROLES, two_keys, strict=True)}
    standing = signatures.status(accord, both)
    assert standing == signatures.Standing(True, {"cio": "Ada", "ciso": "Ben"}, (), ())
    assert not standing.draft


def test_one_signature_or_none_is_a_draft(two_keys: Keys) -> None:
    accord = signed_by(two_keys)
    one = {"cio": signatures.sign(accord.source, two_keys[0][0])}
    assert signatures.status(accord, {}).missing == ROLES
    assert signatures.status(accord, one) == signatures.Standing(False, {"cio": "Ada"}, ("ciso",), ())


def test_one_officer_cannot_sign_for_the_other(two_keys: Keys) -> None:
    accord = signed_by(two_keys)
    twice = {role: signatures.sign(accord.source, two_keys[0][0]) for role in ROLES}
    standing = signatures.status(accord, twice)
    assert not standing.in_force
    assert standing.problems == (
        "the signature of ciso does not count: it was made with another key than the accord names.",
    )


@pytest.mark.parametrize("names", [("Ada", "ada "), ("Ada  L", "ADA L"), ("Ａda", "Ada")])
def test_one_person_cannot_hold_both_roles(names: tuple[str, str], two_keys: Keys) -> None:
    accord = signed_by(two_keys, names=names)
    both = {role: signatures.sign(accord.source, private) for role, (private, _) in zip(ROLES, two_keys, strict=True)}
    standing = signatures.status(accord, both)
    assert standing.draft
    assert standing.problems == (
        "parties.ciso.name: found that of cio again; allowed: another person, or the accord can never come into force",
    )


def test_one_key_cannot_hold_both_roles(two_keys: Keys) -> None:
    accord = signed_by(two_keys, same=True)
    both = {role: signatures.sign(accord.source, two_keys[0][0]) for role in ROLES}
    standing = signatures.status(accord, both)
    assert standing.draft
    assert standing.problems == (
        "parties.ciso.key: found that of cio again; allowed: that person's own key, or the accord can never come into force",
    )


def test_changed_text_voids_signatures_and_says_so(two_keys: Keys) -> None:
    accord = signed_by(two_keys)
    old = {
        role: signatures.sign(accord.source + b"# ", private)
        for role, (private, _) in zip(ROLES, two_keys, strict=True)
    }
    standing = signatures.status(accord, old)
    assert standing.missing == ROLES
    assert all("the text was changed after signing" in problem for problem in standing.problems)


def test_strangers_and_empty_accords() -> None:
    bare = load("accord: 1\norganisation: X\ncurrency: EUR\n", "accord.yaml")
    standing = signatures.status(bare, {"cfo": ""})
    assert standing.problems == (
        "the signature of cfo does not count: the accord knows no such role.",
        "the accord names no parties",
    )
    assert standing.draft


@given(st.lists(st.binary(max_size=20)))
def test_wire_strings_come_back(values: list[bytes]) -> None:
    wire = b"".join(map(keys.string, values))
    assert keys.strings(wire) == values
    if wire:
        with pytest.raises(ValueError, match="cut off"):
            keys.strings(wire[:-1] if values[-1] else wire + b"\0")


needs_openssh = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here: install openssh-client")


@pytest.fixture(scope="module")
def openssh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openssh")
    for name, passphrase in (("plain", ""), ("locked", "open sesame")):
        run("-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(folder / name))
    return folder


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", *arguments], input=given, capture_output=True, check=False)


@needs_openssh
@pytest.mark.parametrize(("name", "passphrase"), [("plain", None), ("locked", b"open sesame")])
def test_openssh_accepts_ours(openssh: Path, name: str, passphrase: bytes | None) -> None:
    text = b"accord: 1\n" * 100
    (openssh / "allowed").write_text(f"cio {(openssh / f'{name}.pub').read_text()}")
    (openssh / "text.sig").write_text(signatures.sign(text, (openssh / name).read_bytes(), passphrase))
    verify = ("-Y", "verify", "-f", str(openssh / "allowed"), "-I", "cio", "-n", "accord@detente", "-s")
    assert run(*verify, str(openssh / "text.sig"), given=text).returncode == 0
    assert run(*verify, str(openssh / "text.sig"), given=text + b" ").returncode != 0


@needs_openssh
def test_ours_accepts_openssh(openssh: Path) -> None:
    text, line = b"accord: 1\n", (openssh / "plain.pub").read_text()
    made = run("-Y", "sign", "-n", "accord@detente", "-f", str(openssh / "plain"), given=text).stdout.decode()
    signatures.verify(text, made, line)
    assert signatures.sign(text, (openssh / "plain").read_bytes()) == made  # ed25519 leaves nothing to chance
    other = run("-Y", "sign", "-O", "hashalg=sha256", "-n", "accord@detente", "-f", str(openssh / "plain"), given=text)
    assert "with sha256" in refusal(text, other.stdout.decode(), line)
