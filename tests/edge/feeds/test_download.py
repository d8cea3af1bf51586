import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from detente.edge.feeds.download import ATTEMPTS, fetch
from detente.model.errors import DetenteError

BODY = b"all of it" * 100


@contextmanager
def publisher(*answers):
    """A real server that gives these answers (status, headers, body) one after the other, then the last one again."""
    left, seen = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(dict(self.headers))
            status, headers, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body))}.items() | headers.items():
                if not (name == "Content-Length" and "Content-Length" in headers and value != headers[name]):
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.001}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/feed", seen
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def ask(tmp_path):
    waits = []

    def get(url, **options):
        with httpx.Client(trust_env=False) as client:
            return fetch(client, url, tmp_path / "in" / "feed", sleep=waits.append, **options)

    get.waits = waits
    yield get
    assert not list(tmp_path.rglob("*.part"))


def test_a_whole_answer_with_its_marks(ask):
    marks = {"ETag": '"7"', "Last-Modified": "Mon, 04 Mar 2024 00:00:00 GMT"}
    with publisher((200, marks, BODY)) as (url, _):
        got = ask(url)
    assert got.path.read_bytes() == BODY
    assert (got.etag, got.modified) == tuple(marks.values())
    assert got.sha256 == hashlib.sha256(BODY).hexdigest()
    assert ask.waits == []


def test_nothing_newer(ask, tmp_path):
    with publisher((304, {}, b"")) as (url, seen):
        assert ask(url, etag='"7"', modified="Mon, 04 Mar 2024 00:00:00 GMT") is None
    assert (seen[0]["If-None-Match"], seen[0]["If-Modified-Since"]) == ('"7"', "Mon, 04 Mar 2024 00:00:00 GMT")
    assert not (tmp_path / "in").exists()


def test_a_failure_that_passes(ask):
    with publisher((500, {}, b"no"), (429, {"Retry-After": "7"}, b"no"), (200, {}, BODY)) as (url, _):
        assert ask(url).path.read_bytes() == BODY
    assert 0.5 <= ask.waits[0] <= 1.5
    assert ask.waits[1] == 7


def test_a_failure_that_stays(ask, tmp_path):
    with publisher((503, {}, b"no")) as (url, seen), pytest.raises(DetenteError, match="HTTP 503"):
        ask(url)
    assert len(seen) == ATTEMPTS
    assert not list((tmp_path).rglob("feed"))


def test_an_answer_that_will_not_change_is_not_asked_for_again(ask):
    with publisher((404, {}, b"no")) as (url, seen), pytest.raises(DetenteError, match="HTTP 404"):
        ask(url)
    assert len(seen) == 1


def test_a_body_that_breaks_off_never_appears(ask, tmp_path):
    with publisher((200, {"Content-Length": str(len(BODY) + 1)}, BODY)) as (url, seen):
        with pytest.raises(DetenteError, match="in full"):
            ask(url)
        assert len(seen) == ATTEMPTS
    assert not list(tmp_path.rglob("feed"))


def test_a_body_that_breaks_off_once(ask):
    with publisher((200, {"Content-Length": str(len(BODY) + 1)}, BODY), (200, {}, BODY)) as (url, _):
        assert ask(url).path.read_bytes() == BODY


def test_too_much_is_refused(ask, tmp_path):
    with publisher((200, {}, BODY)) as (url, seen), pytest.raises(DetenteError, match="larger than 100 bytes"):
        ask(url, limit=100)
    assert len(seen) == 1
    assert not list(tmp_path.rglob("feed"))


def test_a_server_that_is_not_there(ask):
    with publisher((200, {}, b"")) as (url, _):
        pass
    with pytest.raises(DetenteError, match="did not answer"):
        ask(url)
    assert len(ask.waits) == ATTEMPTS - 1
    assert ask.waits[2] > ask.waits[0]


@pytest.mark.parametrize("good", [True, False])
def test_the_publishers_checksum_is_compared(ask, tmp_path, good):
    digest = hashlib.sha256(BODY if good else b"other").hexdigest()
    with publisher((200, {}, BODY)) as (url, _), publisher((200, {}, f"{digest}  feed\n".encode())) as (companion, _):
        if good:
            assert ask(url, checksum=companion).sha256 == digest
        else:
            with pytest.raises(DetenteError, match="says otherwise"):
                ask(url, checksum=companion)
    assert (tmp_path / "in" / "feed").exists() == good
