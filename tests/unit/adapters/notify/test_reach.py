"""SSRF by the address of a receiver: literals, names, names that change their mind, redirects."""

from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from tests.support.notifiers import full_message, secrets_of

from trimtab.adapters.httpx_web import HttpxWeb, ReachTransport
from trimtab.adapters.otlp_http import OtlpHttpSender
from trimtab.adapters.smtp import Smtp
from trimtab.loop.access import Reach
from trimtab.loop.alert import Request, Retry
from trimtab.loop.ingest import destination_of

LOCAL = Reach.read("127.0.0.1/32")


class Inside(BaseHTTPRequestHandler):
    """A service inside the network: counts who comes; one path leads on to another port of it."""

    seen: list[str] = []  # noqa: RUF012 - one list for all requests is what is wanted

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("location", "/secret")
        self.send_header("content-length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the name that the library asks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Generator[int]:
    Inside.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Inside)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def get(web: HttpxWeb, url: str) -> tuple[int, bytes]:
    answer = web.send(Request(method="GET", url=url, headers={}, body=b""))
    return answer.status, answer.body


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"])
def test_a_webhook_inside_is_not_called(port: int, host: str) -> None:
    web = HttpxWeb(2.0, reach=Reach())
    status, said = get(web, f"http://{host}:{port}/")
    assert status == 0
    assert b"ConnectError" in said or b"InvalidURL" in said
    assert Inside.seen == []
    web.close()


def test_a_webhook_in_a_named_network_is_called(port: int) -> None:
    web = HttpxWeb(2.0, reach=LOCAL)
    assert get(web, f"http://127.0.0.1:{port}/")[0] == 200
    web.close()


def test_a_name_that_changes_its_mind_is_asked_once(port: int) -> None:
    """DNS rebinding: the address that was checked is the one that is called."""
    answers = [["127.0.0.1"], ["10.9.9.9"]]
    reach = Reach(networks=LOCAL.networks, resolve=lambda *_: answers.pop(0))
    web = HttpxWeb(2.0, reach=reach)
    assert get(web, f"http://hooks.example:{port}/")[0] == 200
    assert len(answers) == 1
    web.close()
    refused = HttpxWeb(2.0, reach=reach)
    assert get(refused, f"http://hooks.example:{port}/")[0] == 0
    assert Inside.seen == ["/"]
    refused.close()


def test_a_redirect_is_not_followed(port: int) -> None:
    web = HttpxWeb(2.0, reach=LOCAL)
    assert get(web, f"http://127.0.0.1:{port}/away")[0] == 302
    assert Inside.seen == ["/away"]
    web.close()


def test_telemetry_is_not_handed_on_inside(port: int) -> None:
    sender = OtlpHttpSender({}, transport=ReachTransport(Reach()))
    where = destination_of("p", {"name": "x", "url": f"http://127.0.0.1:{port}"})
    reply = sender.send(where, "traces", b"")
    assert reply.again
    assert "inside a network" in reply.reason
    assert Inside.seen == []
    sender.close()


def test_mail_is_not_handed_over_inside(port: int) -> None:
    settings = {"host": "127.0.0.1", "port": str(port), "from": "a@x.example", "to": "b@x.example"}
    reply = Smtp(settings, secrets_of(""), 2.0, reach=Reach()).send(full_message())
    implicit = Smtp(settings | {"port": "465"}, secrets_of(""), 2.0, reach=Reach()).send(full_message())
    for one in (reply, implicit):
        assert isinstance(one, Retry)
        assert "inside a network" in one.reason
    assert Inside.seen == []


def test_the_transport_keeps_the_name_for_the_certificate() -> None:
    reach = Reach(networks=LOCAL.networks, resolve=lambda *_: ["127.0.0.1"])
    request = httpx.Request("GET", "http://hooks.example:1/")
    with pytest.raises(httpx.ConnectError), httpx.Client(transport=ReachTransport(reach)) as client:
        client.send(request)
    assert request.headers["host"] == "hooks.example:1"
