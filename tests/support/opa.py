"""A server that answers as the Open Policy Agent does, with whatever a test wants."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeOpa:
    """Answers every question with `body` and `status`; keeps the paths and inputs it was asked."""

    def __init__(self) -> None:
        """Allow everything."""
        self.status, self.body = 200, b'{"result": true}'
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.address = ""
        self.let_go = threading.Event()
        self.let_go.set()

    def says(self, result: Any) -> None:
        """Answer with a result from now on."""
        self.body = json.dumps({"result": result}).encode()


@contextmanager
def answering() -> Generator[FakeOpa]:
    """A server on this machine."""
    fake = FakeOpa()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["content-length"])))
            fake.asked.append((self.path, given["input"]))
            fake.let_go.wait(60)
            self.send_response(fake.status)
            self.send_header("location", "http://127.0.0.1:1/")
            self.send_header("content-length", str(len(fake.body)))
            self.end_headers()
            self.wfile.write(fake.body)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
