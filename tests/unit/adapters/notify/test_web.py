"""The bounds of outgoing calls: time, bytes, and what stands in the log."""

import logging
import socket
import threading
import time
from collections.abc import Generator

import pytest

from trimtab.adapters.httpx_web import HttpxWeb
from trimtab.loop.alert import Request


@pytest.fixture
def drip() -> Generator[tuple[str, list[bytes]]]:
    """A server that sends `pieces` again and again, a piece each 20 ms, until the other side is gone."""
    pieces: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
                    while True:
                        connection.sendall(pieces[0])
                        time.sleep(0.02)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/", pieces
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


@pytest.mark.parametrize("piece", [b"x", b"x" * 100_000], ids=["slow", "large"])
def test_an_answer_without_end_has_one(drip: tuple[str, list[bytes]], piece: bytes) -> None:
    url, pieces = drip
    pieces.append(piece)
    web = HttpxWeb(1.0, 0.5)
    start = time.monotonic()
    answer = web.send(Request(url=url))
    assert time.monotonic() - start < 30
    assert answer.status == 200
    assert 0 < len(answer.body) <= 262_144
    web.close()


def test_an_address_is_not_logged(drip: tuple[str, list[bytes]], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url, pieces = drip
    pieces.append(b"x" * 300_000)
    web = HttpxWeb(1.0, 0.5)
    assert web.send(Request(url=f"{url}services/s3cr3t", headers={"authorization": "Bearer k3y"})).ok
    assert "s3cr3t" not in caplog.text
    assert "k3y" not in caplog.text
    web.close()
