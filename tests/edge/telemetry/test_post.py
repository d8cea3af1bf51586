"""A post over TLS reaches only whom it trusts."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from detente.edge.clock import now
from detente.edge.telemetry.post import Post
from detente.edge.telemetry.settings import Target
from detente.flows.exporting import AwayError
from edge.telemetry.receiver import receiving


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """One that nobody has signed, for this machine alone, with its key in the same file."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "collector")]),
    )
    here = x509.IPAddress(ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "collector.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


def test_who_is_not_trusted_gets_nothing(certificate: Path) -> None:
    with receiving(certificate) as seen:
        url = f"https://127.0.0.1:{seen.port}/"
        with pytest.raises(AwayError, match="no answer"):
            Post(Target(url=url), "text/plain")(b"x")
        assert seen.bodies == []
        Post(Target(url=url, authority=str(certificate), gzip=True), "text/plain")(b"x")
        assert seen.bodies == [b"x"]
