"""A virtual key: who asks through the gateway, with which tool, for what, and until when. The key itself is nowhere kept."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a key is for. `models` are shell globs of model names (none: every model), `data` is the gravest class of data its tool may see."""

    tenant: str
    person: str = ""
    squad: str = ""
    tool: str = ""
    repo: str = ""
    models: tuple[str, ...] = ()
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualKey:
    """A key as it is kept. `name` names it in records, `digest` is the SHA-256 of its text; `family` is the first of the keys it took over from.

    It counts until `expires`, or until `withdrawn` if that comes first.
    """

    name: str
    digest: bytes
    grant: Grant
    issued: datetime
    expires: datetime
    issuer: str
    family: str
    withdrawn: datetime | None = None

    @property
    def ends(self) -> datetime:
        """When it counts no more."""
        return min(self.expires, self.withdrawn) if self.withdrawn else self.expires
