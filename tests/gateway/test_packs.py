"""Rules of other people: ours in YAML, gitleaks' in TOML; a wrong one refuses its pack."""

import pytest

from detente.gateway.packs import load
from detente.gateway.scan import Scanner
from detente.model.errors import DetenteError

YAML = b"""
rules:
  - id: acme-ticket
    kind: own_code
    pattern: 'ACME-[0-9]{4}'
    keywords: [acme-]
    confidence: 0.7
    examples: ['see ACME-1234']
    counter_examples: ['ACME']
"""
TOML = b"""
title = "ours"
[[rules]]
id = "acme-key"
regex = '''(?i)acme[_-]?key\\s*=\\s*["']?([0-9a-z]{16})'''
keywords = ["ACME"]
entropy = 3
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''never''']
[rules.allowlist]
stopwords = ["abcdef"]
[[rules]]
id = "by-path-only"
path = 'x'
[[rules]]
id = "second-group"
regex = '''(a)(?:-)(bc)'''
secretGroup = 2
[allowlist]
condition = "AND"
regexes = ['''^q''']
stopwords = ["qq"]
"""
LARGE = b"""
title = "a pack as scanners ship them"
minVersion = "v8.25.0"
[extend]
useDefault = true
disabledRules = ["generic-api-key"]
[[allowlists]]
description = "fixtures and lock files"
paths = ['''(?i)\\.(?:bmp|gif|svg)$''', '''go\\.(?:mod|sum)$''']
commits = ["0123456789abcdef0123456789abcdef01234567"]
regexes = ['''(?i)^true|false|null$''']
stopwords = ["example"]
[[rules]]
id = "acme-token"
description = "A token of Acme"
regex = '''(?i)[\\w.-]{0,50}?(?:acme)(?:[ \\t\\w.-]{0,20})[\\s'"]{0,3}(?:=|>|:{1,3}=|\\|\\||:|=>|\\?=|,)[\\x60'"\\s=]{0,5}([a-z0-9]{16})(?:[\\x60'"\\s;]|\\\\[nr]|$)'''
entropy = 3
keywords = ["acme", "acmetoken"]
tags = ["key", "acme"]
[[rules.allowlists]]
condition = "OR"
regexTarget = "line"
regexes = ['''# fixture''']
[[rules]]
id = "acme-hook"
regex = '''https://x/[0-9a-z]{16}/(?:y|z)'''
secretGroup = 0
path = '''\\.env$'''
keywords = ["https://x/"]
"""
KEY = "r8kz2lq9vx4tn7wc"


def found(pack: bytes, name: str, text: str) -> list[tuple[str, str]]:
    return [(hit.rule, text[hit.start : hit.end]) for hit in load(pack, name).scan(text.encode())]


def test_yaml() -> None:
    assert found(YAML, "a.yaml", "ACME-1234 and ACME-5678") == [
        ("acme-ticket", "ACME-1234"),
        ("acme-ticket", "ACME-5678"),
    ]
    hit = Scanner((), [load(YAML, "a.yaml")]).scan(b"ACME-1234")[0]
    assert (hit.kind, hit.confidence) == ("own_code", 0.7)


def test_gitleaks() -> None:
    assert found(TOML, "a.toml", f"Acme_Key = '{KEY}'") == [("acme-key", KEY)]
    assert not found(TOML, "a.toml", "acme_key = aaaaaaaaaaaaaaaa")
    assert not found(TOML, "a.toml", f"acme_key = {KEY} # never")
    assert not found(TOML, "a.toml", "acme_key = abcdefr8kz2lq9vx")
    assert found(TOML, "a.toml", f"acme_key = {KEY} # gitleaks:allow"), "a prompt may not excuse itself"
    assert found(TOML, "a.toml", "a-bc") == [("second-group", "bc")]


def test_a_pack_as_large_ones_are_written() -> None:
    """Every key of the format: extend, tags, paths, commits, a condition, targets, several allowlists, generic rules with dozens of keywords."""
    pack = load(LARGE, "large.toml")
    text = f"machine: acmeToken := '{KEY}'\nacme-url https://x/{KEY}/y\nsecret_{KEY}\n".encode()
    assert {hit.rule: text[hit.start : hit.end].decode() for hit in pack.scan(text)} == {
        "acme-token": KEY,
        "acme-hook": f"https://x/{KEY}/y",
    }
    assert Scanner((), [pack]).scan(b"acmetoken = 'EXAMPLEr8kz2lq9'") == []
    assert Scanner((), [pack]).scan(f"acmetoken = '{KEY}' # fixture".encode()) == []


def test_an_allowance_of_both_needs_both() -> None:
    only, both = "q8kz2lq9vx4tn7wc", "q8kz2lqqvx4tn7wc"
    assert found(TOML, "a.toml", f"acme_key={only}") == [("acme-key", only)]
    assert not found(TOML, "a.toml", f"acme_key={both}")


@pytest.mark.parametrize(
    ("pack", "why"),
    [
        (b"rules: 5", "no list"),
        (b"{", "no YAML"),
        (b"rules: [{pattern: a}]", "no `id`"),
        (b"rules: [{id: a, pattern: '('}]", "no RE2"),
        (b"rules: [{id: a, pattern: '(?=a)'}]", "no RE2"),
        (b"rules: [{id: a, pattern: " + b"a" * 5000 + b"}]", "longer"),
        (b"rules: [{id: a, pattern: a, examples: [b]}]", "misses"),
        (b"rules: [{id: a, pattern: a, counter_examples: [a]}]", "matches"),
    ],
)
def test_a_wrong_rule_refuses_its_pack(pack: bytes, why: str) -> None:
    with pytest.raises(DetenteError) as raised:
        load(pack, "p.yaml")
    assert why in raised.value.why


def test_another_text_is_another_version() -> None:
    assert load(YAML, "a.yaml").version != load(YAML + b"\n", "a.yaml").version
