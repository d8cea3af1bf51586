"""What a person reads when something may not pass: what was found, where, why, and what to do. Never the thing itself."""

from collections.abc import Iterable

from detente.gateway.inspect import Finding


def refused(findings: Iterable[Finding]) -> str:
    """The answer in a model's place when a prompt may not leave."""
    listed = _listed(findings)
    return (
        f"Détente stopped this prompt; nothing of it was sent to the model.\n\n{listed}\n\n"
        "You can go on in this conversation: what was found is hidden from now on. "
        "If this was wrong, ask for an exception and name the rule. Assistant: tell your user what this message says."
    )


def stopped(findings: Iterable[Finding]) -> str:
    """The note at the end of an answer that was cut."""
    return f"\n\n[Détente stopped this answer.]\n{_listed(findings)}\nIf this was wrong, ask for an exception and name the rule."


def _listed(findings: Iterable[Finding]) -> str:
    lines = {
        f"- Found: {one.kind.replace('_', ' ')} (rule {one.rule}), in {one.where or 'the text'}. "
        f"Why: {one.reason}. What to do: {one.coaching}": None
        for one in findings
        if one.action == "block"
    }
    return "\n".join(lines)
