"""A payment service that counts what really happened, as an object and as a process behind a socket.

It honours keys for a keyed write, and sets the same state again for an idempotent one; everything else it does as often as
it is told. What it did is on its disk before it answers. Faults befall the next payments of a work:

    drop before, drop after    the connection goes, before or after it is done
    crash before, crash after  the service goes, and is started again
    late                       it is done after the caller has given up
    lost                       it is never done, and never answered
    busy, no                   a clear answer: later, or never
"""

import asyncio
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LATE_S = 0.8
FAULTS = ("drop before", "drop after", "late", "lost", "busy", "no")
CRASHES = ("crash before", "crash after")
Request = dict[str, Any]


class Payments:
    """What was paid, by work; `path` keeps it over restarts."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._done: list[Request] = []
        self._plans: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        if path and path.exists():
            self._done = [json.loads(line) for line in path.read_text().splitlines()]

    def plan(self, work: str, faults: list[str]) -> None:
        self._plans[work] = list(faults)

    def fault(self, work: str) -> str:
        """What befalls this payment."""
        left = self._plans.get(work)
        return left.pop(0) if left else ""

    def pay(self, request: Request) -> Request:
        """Pay; under a key that was seen the answer is that of the first time."""
        with self._lock:
            same = [one for one in self._done if self._is_same(one, request)]
            if not same:
                self._done.append(request)
                self._write(request)
            return {"id": 1 + self._done.index(same[0] if same else request)}

    def _is_same(self, one: Request, request: Request) -> bool:
        names = {"keyed_write": ("effect", "key"), "idempotent_write": ("effect", "work", "args")}
        compared = names.get(request["effect"])
        return compared is not None and all(one[name] == request[name] for name in compared)

    def _write(self, request: Request) -> None:
        if self._path:
            with self._path.open("a") as file:
                file.write(json.dumps(request) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def effects(self, work: str) -> int:
        """How often it happened."""
        with self._lock:
            return sum(1 for one in self._done if one["work"] == work)


class Wire:
    """The way to the service: one connection for each request."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)

    def send(self, request: Mapping[str, Any]) -> socket.socket:
        wire = socket.create_connection(self._address, timeout=5)
        wire.sendall(json.dumps(request).encode() + b"\n")
        return wire

    def receive(self, sent: socket.socket) -> Request:
        with sent, sent.makefile("rb") as file:
            return heard(file.readline())

    async def asend(self, request: Mapping[str, Any]) -> Any:
        reader, writer = await asyncio.open_connection(*self._address)
        writer.write(json.dumps(request).encode() + b"\n")
        await writer.drain()
        return reader, writer

    async def areceive(self, sent: Any) -> Request:
        reader, writer = sent
        try:
            return heard(await reader.readline())
        finally:
            writer.close()

    def ask(self, request: Mapping[str, Any]) -> Request:
        """Ask until it answers: it may just be starting again."""
        for _ in range(500):
            try:
                return self.receive(self.send(request))
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the service does not start")


def heard(line: bytes) -> Request:
    """An answer; a connection that ends without one says nothing."""
    if not line:
        raise ConnectionResetError("no answer")
    return json.loads(line)


class Handler(socketserver.StreamRequestHandler):
    """One request on one connection."""

    def handle(self) -> None:
        payments: Payments = self.server.payments  # type: ignore[attr-defined]
        request: Request = json.loads(self.rfile.readline() or b"{}")
        match request.get("do"):
            case "plan":
                payments.plan(request["work"], request["faults"])
                self.say({})
            case "effects":
                self.say({"effects": payments.effects(request["work"])})
            case "pay":
                self.pay(payments, request)

    def pay(self, payments: Payments, request: Request) -> None:
        fault = payments.fault(request["work"])
        match fault:
            case "drop before":
                return
            case "crash before":
                os.kill(os.getpid(), signal.SIGKILL)
            case "busy" | "no":
                self.say({fault: "says the bank"})
                return
            case "lost":
                time.sleep(LATE_S)
                return
            case "late":
                time.sleep(LATE_S)
        answer = payments.pay(request)
        if fault == "crash after":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault != "drop after":
            self.say(answer)

    def say(self, answer: Request) -> None:
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


class Service:
    """The process, started again whenever it goes."""

    def __init__(self, port: int, path: Path) -> None:
        self.port = port
        self._path = path
        self._over = False
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-I", "-S", __file__, str(self.port), str(self._path)])

    def _keep(self) -> None:
        while not self._over:
            self._process.wait()
            if not self._over:
                self._process = self._start()

    def stop(self) -> None:
        self._over = True
        self._process.kill()
        self._keeper.join(30)
        self._process.wait(30)


def main(port: int, path: str) -> None:
    with Server(("127.0.0.1", port), Handler) as server:
        server.payments = Payments(Path(path))  # type: ignore[attr-defined]
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
