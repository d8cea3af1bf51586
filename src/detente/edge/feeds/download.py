"""Downloads: conditional, retried, limited in size, checked, and never visible before they are whole."""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx

from detente.edge.feeds import refused

T = TypeVar("T")

ADDRESSES: Mapping[str, str] = {
    "epss": "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
    "kev": "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
    "vulnrichment": "https://github.com/cisagov/vulnrichment/archive/refs/heads/develop.zip",
    "exploitdb": "https://gitlab.com/exploit-database/exploitdb/-/raw/main/files_exploits.csv",
    "metasploit": "https://raw.githubusercontent.com/rapid7/metasploit-framework/master/db/modules_metadata_base.json",
    "nuclei": "https://raw.githubusercontent.com/projectdiscovery/nuclei-templates/main/cves.json",
}
"""Where each source publishes; every one can be replaced by a mirror."""

LIMIT = 2 << 30
ATTEMPTS = 4
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole file on disk with its SHA-256 and the publisher's marks for the next request."""

    path: Path
    sha256: str
    etag: str
    modified: str


class PassingError(Exception):
    """A failure that may be gone at the next attempt; `wait_s` is what the server asked for, 0 if nothing."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.wait_s = wait_s


def fetch(
    client: httpx.Client,
    url: str,
    target: Path,
    *,
    etag: str = "",
    modified: str = "",
    checksum: str = "",
    limit: int = LIMIT,
    sleep: Callable[[float], None] = time.sleep,
) -> Fetched | None:
    """Download `url` to `target`; None if nothing is newer than the state with these marks.

    `checksum` is the address of a companion file that holds the expected SHA-256.

    Raises:
        DetenteError: after four attempts, for an answer that will not change, too many bytes or a wrong checksum.
    """
    conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
    headers = {name: value for name, value in conditions.items() if value}
    got = patiently(lambda: attempt(client, url, target, headers, limit), url, sleep)
    if got is not None and checksum:
        verify(client, got, checksum, sleep)
    return got


def patiently(once: Callable[[], T], url: str, sleep: Callable[[float], None]) -> T:
    """Try again after a failure that may pass, waiting twice as long each time, with jitter."""
    for number in range(ATTEMPTS - 1):
        try:
            return once()
        except (PassingError, httpx.TransportError) as error:
            asked = error.wait_s if isinstance(error, PassingError) else 0.0
            wait = max(asked, FIRST_WAIT_S * 2**number * (0.5 + secrets.randbelow(1000) / 1000))
            sleep(min(wait, LONGEST_WAIT_S))
    try:
        return once()
    except (PassingError, httpx.TransportError) as error:
        raise refused(url, f"It did not answer in full ({error}).", "Try later, or import a file.") from None


def attempt(client: httpx.Client, url: str, target: Path, headers: Mapping[str, str], limit: int) -> Fetched | None:
    """One request; the file stands under its name only when every byte has arrived."""
    with client.stream("GET", url, headers=headers) as answer:
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return None
        judge(answer, url)
        digest = save(answer, target, limit, url)
        return Fetched(target, digest, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))


def judge(answer: httpx.Response, url: str) -> None:
    """Tell an answer that may change from one that will not."""
    if answer.status_code in PASSING:
        asked = answer.headers.get("retry-after", "")
        raise PassingError(f"HTTP {answer.status_code}", float(asked) if asked.isdigit() else 0.0)
    if not answer.is_success:
        raise refused(url, f"It answered HTTP {answer.status_code}.", "Check the address (--source NAME=URL).")


def save(answer: httpx.Response, target: Path, limit: int, url: str) -> str:
    """Write the body aside, then rename; its SHA-256. What breaks off or grows too large leaves nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".part")
    digest, size = hashlib.sha256(), 0
    try:
        with aside.open("wb") as file:
            for part in answer.iter_raw():
                size += len(part)
                if size > limit:
                    raise refused(url, f"It is larger than {limit} bytes.", "Check the address (--source NAME=URL).")
                digest.update(part)
                file.write(part)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return digest.hexdigest()


def verify(client: httpx.Client, got: Fetched, checksum: str, sleep: Callable[[float], None]) -> None:
    """Compare with the publisher's SHA-256; a file that differs is removed."""

    def ask() -> str:
        answer = client.get(checksum)
        judge(answer, checksum)
        return answer.text

    expected = patiently(ask, checksum, sleep).split()
    if not expected or expected[0].lower() != got.sha256:
        got.path.unlink()
        raise refused(got.path.name, f"Its SHA-256 is {got.sha256}, {checksum} says otherwise.", "Download it again.")
