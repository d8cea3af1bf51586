"""Law 2: a finding is (asset, component without version or place without line, canonical id) and nothing else."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from detente.model.finding import Kind, Observation, Severity
from detente.queue.identity import canonical, equals, named, snippet

BASE = Observation(
    kind=Kind.PACKAGE,
    vulnerability="CVE-2024-1001",
    title="t",
    asset="image:shop:1",
    component="openssl",
    purl="pkg:deb/debian/openssl@1.0?arch=amd64",
)
words = st.text(max_size=12)


@given(words, words, st.sampled_from(Severity), st.floats(0, 10), words, st.none() | st.integers(1, 9999))
def test_text_severity_version_tool_and_line_never_enter(title, version, severity, score, tool, line) -> None:
    changed = replace(BASE, title=title, version=version, severity=severity, score=score, tool=tool, line=line)
    assert named(changed) == named(BASE)


def test_a_moved_line_and_another_indentation_are_the_same_code() -> None:
    code = Observation(kind=Kind.CODE, vulnerability="B303", title="t", asset="repo:a", location="a.py", line=3)
    one = replace(code, fingerprint=snippet("  x = md5(y)\n"))
    other = replace(code, fingerprint=snippet("x  =  md5(y)"), line=90)
    assert named(one) == named(other)
    assert named(one) != named(replace(one, location="b.py"))


def test_distribution_ids_join_nothing() -> None:
    assert equals("DSA-5283-1", ("CVE-2020-36518", "CVE-2022-42003")) == ("CVE-2020-36518", "CVE-2022-42003")
    assert canonical(("GHSA-2222-2222-2222", "CVE-2021-0001")) == "CVE-2021-0001"
    assert canonical(("cve-x",)) == "cve-x"


def test_one_spelling_per_id() -> None:
    assert equals("cve-2021-0001", ("ghsa-ABCD-2222-2222",)) == ("CVE-2021-0001", "GHSA-abcd-2222-2222")
