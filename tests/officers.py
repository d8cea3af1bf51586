"""A shop with two officers who can sign, for tests of what needs two signatures."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine

from detente.accord import signatures
from detente.flows.workspace import Workspace

KEYS = {
    role: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32).private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()
    )
    for number, role in enumerate(("cio", "ciso", "stranger"), 1)
}
ACCORD = """
accord: 1
organisation: Shop
currency: EUR
parties:
  cio: {{name: Ada, key: {cio}}}
  ciso: {{name: Bea, key: {ciso}}}
objectives:
  - {{id: up, metric: availability, scope: tier-1, target: ">= 99.9 %"}}
  - {{id: few, metric: open_criticals, scope: all, target: "< 2"}}
prices:
  breach: {{tier-1: [300k EUR, 9M EUR], tier-2: [5k EUR, 200k EUR]}}
  outage_minute: {{tier-1: 5 EUR, tier-2: 1 EUR}}
change:
  pipeline: {{test: 1h, staging: 1h, canary: 2h}}
  freeze: [{{every: friday}}]
"""
ESTATE = """
squads: [{id: payments}]
services:
  - {id: checkout, squad: payments, tier: tier-1, exposure: internet, runs: [{image: "shop:*"}]}
  - {id: wiki, squad: payments, tier: tier-2, exposure: internal, runs: [{image: "wiki:*"}]}
"""


def shop(folder: Path, database: Engine) -> Workspace:
    """The shop's workspace."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = {role: signatures.public(key) for role, key in KEYS.items()}
    (folder / "accord.yaml").write_text(ACCORD.format(**lines))
    (folder / "estate.yaml").write_text(ESTATE)
    return Workspace(folder, database)
