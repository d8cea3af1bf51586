"""One error type for every surface: what happened, why, what to do."""


class DetenteError(Exception):
    """An error a person can act on; shown alike by the command line, the API and the gateway.

    `code` is the stable name under which docs/errors.md explains it; `partly` marks work that went through in part
    (exit code 3 instead of 2).
    """

    def __init__(self, what: str, why: str, do: str, *, code: str = "bad-input", partly: bool = False) -> None:
        super().__init__(f"{what}: {why} {do}")
        self.what, self.why, self.do, self.code, self.partly = what, why, do, code, partly
