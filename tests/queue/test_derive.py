import pytest

from detente.model.finding import Kind, Observation, Severity
from detente.queue.derive import derived

NINE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def said(severity: Severity = Severity.UNKNOWN, score: float | None = None, vector: str = "") -> Observation:
    return Observation(
        kind=Kind.PACKAGE,
        vulnerability="CVE-2020-0001",
        title="",
        asset="",
        severity=severity,
        score=score,
        vector=vector,
    )


@pytest.mark.parametrize(
    "complete",
    [
        said(Severity.LOW, 9.8, NINE),
        said(Severity.LOW, 3.0),
        said(),
        said(score=0.0),
        said(Severity.LOW, 2.0, "CVSS:4.0/AV:N"),
    ],
)
def test_what_lacks_nothing_that_follows_is_not_copied(complete: Observation) -> None:
    assert derived(complete) is complete


def test_a_score_follows_from_the_vector_and_a_severity_from_the_score() -> None:
    item = derived(said(vector=NINE))
    assert (item.score, item.severity, item.severity_derived) == (9.8, Severity.CRITICAL, True)
    item = derived(said(score=5.0))
    assert (item.severity, item.severity_derived) == (Severity.MEDIUM, True)


def test_the_tools_own_word_and_score_stay() -> None:
    item = derived(said(Severity.LOW, vector=NINE))
    assert (item.score, item.severity, item.severity_derived) == (9.8, Severity.LOW, False)
    assert derived(said(score=1.0, vector=NINE)).score == 1.0


def test_a_vector_gets_its_usual_spelling_and_rubbish_goes() -> None:
    assert derived(said(Severity.LOW, 7.5, "CVSS2#AV:N/AC:L/Au:N/C:P/I:P/A:P")).vector == "AV:N/AC:L/Au:N/C:P/I:P/A:P"
    assert derived(said(Severity.LOW, 7.5, "N/A")).vector == ""


def test_a_vector_without_impact_is_harmless_but_a_bare_zero_is_unknown() -> None:
    assert derived(said(vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N")).severity is Severity.INFO
    assert derived(said(score=0.0)).severity is Severity.UNKNOWN
    assert (
        derived(said(vector="CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")).severity
        is Severity.UNKNOWN
    )
