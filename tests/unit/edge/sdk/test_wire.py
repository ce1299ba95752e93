"""What is posted, and what each answer of a server means."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from trimtab.edge.sdk.clock import AnchoredClock
from trimtab.edge.sdk.delivery.ports import Answer, Batch
from trimtab.edge.sdk.delivery.wire import Target, Wire

SPANS = Batch(signal="span", items=(b'{"spanId":"1"}',) * 200, resource=b'{"attributes":[]}')
FACTS = Batch(signal="fact", items=(b'{"id":"1"}',), resource=b"{}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Any = self.server
        raw = self.rfile.read(int(self.headers["content-length"]))
        body = gzip.decompress(raw) if self.headers.get("content-encoding") == "gzip" else raw
        server.seen.append((self.path, dict(self.headers), json.loads(body)))
        status, headers, said = server.answer
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
        self.close_connection = server.hangs_up

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[Any]:
    found: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.seen, found.answer, found.hangs_up = [], (200, {}, b"{}"), False
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.fixture
def wire(server: Any) -> Iterator[Wire]:
    root = f"http://127.0.0.1:{server.server_port}"
    made = Wire(
        Target(
            traces=f"{root}/v1/traces?x=1",
            facts=f"{root}/api/v1/facts",
            headers=(("authorization", "Bearer k"),),
        ),
        AnchoredClock(),
    )
    yield made
    made.close()


def test_connections_are_given_back_and_opened_again(wire: Wire) -> None:
    assert wire.carry(FACTS, 5).verdict == "taken"
    (kept,) = wire._connections.values()
    wire.close()
    assert kept.sock is None
    assert wire.carry(FACTS, 5).verdict == "taken"


def test_steps_and_facts_go_to_their_doors(server: Any, wire: Wire) -> None:
    assert wire.carry(SPANS, 5).verdict == "taken"
    assert wire.carry(FACTS, 5).verdict == "taken"
    (path, headers, body), (facts_path, _, facts) = server.seen
    assert path == "/v1/traces?x=1"
    assert headers["authorization"] == "Bearer k"
    assert len(body["resourceSpans"][0]["scopeSpans"][0]["spans"]) == 200
    assert (facts_path, facts) == ("/api/v1/facts", [{"id": "1"}])


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "taken"), (202, "taken"), (429, "later"), (500, "later"), (503, "later"), (401, "later"), (403, "later"),
     (404, "later"), (400, "smaller"), (413, "smaller"), (301, "never"), (415, "never"), (418, "never")],
)  # fmt: skip
def test_what_an_answer_means(server: Any, wire: Wire, status: int, verdict: str) -> None:
    server.answer = (status, {}, b"said")
    assert wire.carry(SPANS, 5).verdict == verdict


@pytest.mark.parametrize(
    ("header", "low", "high"), [("7", 7, 7), ("soon", None, None), ("99999999999", 3600, 3600)]
)
def test_retry_after(server: Any, wire: Wire, header: str, low: float | None, high: float | None) -> None:
    server.answer = (503, {"retry-after": header}, b"")
    found: Answer = wire.carry(SPANS, 5)
    assert found.after_s == low == high or (low and high and low <= (found.after_s or 0) <= high)


def test_retry_after_a_date(server: Any, wire: Wire) -> None:
    from email.utils import formatdate

    server.answer = (429, {"retry-after": formatdate(time.time() + 30, usegmt=True)}, b"")
    assert 25 < (wire.carry(SPANS, 5).after_s or 0) <= 30


def test_facts_for_who_takes_none_are_not_kept(server: Any, wire: Wire) -> None:
    server.answer = (404, {}, b"")
    assert wire.carry(FACTS, 5).verdict == "never"


def test_a_connection_that_was_closed_meanwhile_is_opened_again(server: Any, wire: Wire) -> None:
    server.hangs_up = True
    for _ in range(3):
        assert wire.carry(SPANS, 5).verdict == "taken"
        time.sleep(0.05)
    assert len(server.seen) == 3


def test_trouble_on_the_way_is_later(server: Any, wire: Wire) -> None:
    server.answer = (0, {}, b"")
    assert wire.carry(SPANS, 5).verdict == "later"
    nobody = Wire(Target(traces="http://127.0.0.1:1/v1/traces", facts=""), AnchoredClock())
    assert nobody.carry(SPANS, 1).verdict == "later"
    assert nobody.carry(FACTS, 1).verdict == "never"
    strange = Wire(Target(traces="http://[half/v1/traces", facts=""), AnchoredClock())
    assert strange.carry(SPANS, 1).verdict == "later"


def test_a_rejected_part_is_told(server: Any, wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    server.answer = (200, {}, b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too long"}}')
    assert wire.carry(SPANS, 5).verdict == "taken"
    assert "too long" in caplog.text
