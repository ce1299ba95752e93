"""A server over HTTP that answers with one body as JSON, and the call of its tool with one that has no end."""

import json
import threading
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PIECE = b" " * (1 << 20)


def packed() -> Iterator[bytes]:
    """White space without end, which is little over the wire."""
    packer = zlib.compressobj(wbits=31)
    while True:
        yield packer.compress(PIECE) + packer.flush(zlib.Z_SYNC_FLUSH)


def plain() -> Iterator[bytes]:
    """White space without end."""
    while True:
        yield PIECE


class Answers(BaseHTTPRequestHandler):
    """Says what a client needs to come in, and one tool."""

    protocol_version = "HTTP/1.1"
    packs = False

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer a message."""
        said = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "id" not in said:
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()
        elif said["method"] == "tools/call":
            self.without_end()
        elif said["method"] in RESULTS:
            self.answer({"jsonrpc": "2.0", "id": said["id"], "result": RESULTS[said["method"]]})
        else:
            self.answer({"jsonrpc": "2.0", "id": said["id"], "error": {"code": -32601, "message": "no"}})

    def do_GET(self) -> None:
        """Have nothing to say unasked."""
        self.send_error(405)

    def do_DELETE(self) -> None:
        """Let a client go."""
        self.send_error(405)

    def answer(self, message: dict[str, Any]) -> None:
        """One message as one body."""
        body = json.dumps(message).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def without_end(self) -> None:
        """A body that ends when nobody reads it any more."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        if self.packs:
            self.send_header("content-encoding", "gzip")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for piece in packed() if self.packs else plain():
                self.wfile.write(piece)
        except OSError:
            pass


RESULTS: dict[str, Any] = {
    "initialize": {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "endless", "version": "1"},
    },
    "tools/list": {"tools": [{"name": "huge", "inputSchema": {"type": "object"}}]},
    "ping": {},
}


@contextmanager
def endless(*, packs: bool) -> Generator[str]:
    """Such a server; gives its address."""
    handler = type("Packs" if packs else "Plain", (Answers,), {"packs": packs})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mcp"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
