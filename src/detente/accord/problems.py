"""What is wrong in a file a person wrote: the line, the key, what was found and what is allowed."""

from dataclasses import dataclass

from detente.model.errors import DetenteError


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `line` and `column` count from 1; `key` is the dotted path; `allowed` says how it should read."""

    file: str
    line: int
    column: int
    key: str
    found: str
    allowed: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where} {self.key}: found {self.found}; allowed: {self.allowed}".replace(" : found", " found")


class InvalidError(DetenteError):
    """A file that cannot be used, with every mistake in it (`problems`), so that one pass repairs them all."""

    def __init__(self, name: str, problems: tuple[Problem, ...], *, code: str) -> None:
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        why = "\n".join(str(problem) for problem in problems)
        super().__init__(f"{name} has {count}", why, "Correct the lines named; nothing was changed.", code=code)
        self.problems = problems
