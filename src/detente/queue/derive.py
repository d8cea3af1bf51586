"""What an observation lacks and its own fields imply: the vector's usual spelling, its score, the severity of the score."""

from dataclasses import replace

from detente.model.finding import Observation
from detente.queue import cvss
from detente.queue.fields import rated


def derived(found: Observation) -> Observation:
    """The observation completed, and marked where its severity is ours; the same object when nothing was missing.

    A score of 0 without a vector is how tools write that they have none: it makes nothing harmless.
    """
    is_spelled = not found.vector or found.vector.startswith("CVSS:")
    vector = found.vector if is_spelled else cvss.normal(found.vector)
    score = cvss.score(vector) if found.score is None and vector else found.score
    severity = found.severity or rated(score if score or vector else None)
    if vector == found.vector and score == found.score and severity is found.severity:
        return found
    is_derived = found.severity_derived or severity is not found.severity
    return replace(found, vector=vector, score=score, severity=severity, severity_derived=is_derived)
