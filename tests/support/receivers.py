"""Receivers of messages on this machine: an HTTP server and a mail server that answer as they are told to."""

import json
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Headers = dict[str, str]


@dataclass
class Taken:
    """A request as it came."""

    method: str
    path: str
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Inbox:
    """What came, and what is answered: `script` first, status by status, then what each service would say."""

    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    script: list[tuple[int, Headers]] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    go: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: Taken) -> tuple[int, Headers, Any]:
        if self.script:
            status, headers = self.script.pop(0)
            if status == 0:  # hang
                self.go.wait(60)
                status = 500
            echo = f"{request.path} {request.headers} {request.body.decode()}"
            return status, headers, {"error": echo[:3000]}
        for place, serve in SERVICES.items():
            if place in request.path:
                return serve(self, request)
        return 202, {}, {"status": "success"}


def jira_search(inbox: Inbox, request: Taken) -> tuple[int, Headers, Any]:
    found = [key for label, key in inbox.kept.items() if f'"{label}"' in request.json["jql"]]
    return 200, {}, {"issues": [{"id": "1", "key": key} for key in found]}


def jira_issue(inbox: Inbox, request: Taken) -> tuple[int, Headers, Any]:
    if request.path.endswith("/comment"):
        return 201, {}, {"id": "7"}
    inbox.kept[request.json["fields"]["labels"][1]] = "OPS-1"
    return 201, {}, {"id": "1", "key": "OPS-1"}


def linear(inbox: Inbox, request: Taken) -> tuple[int, Headers, Any]:
    asked = request.json
    given = asked["variables"].get("input", asked["variables"])
    if asked["query"].startswith("query"):
        if given["id"] in inbox.kept:
            return 200, {}, {"data": {"issue": {"id": given["id"], "identifier": "ENG-1"}}}
        return 200, {}, {"data": None, "errors": [{"message": "Entity not found: Issue"}]}
    if given["id"] in inbox.kept:
        return 200, {}, {"errors": [{"message": "Entity already exists"}]}
    inbox.kept[given["id"]] = "there"
    return 200, {}, {"data": {"issueCreate": {"success": True, "issue": {"identifier": "ENG-1"}}}}


def servicenow(inbox: Inbox, request: Taken) -> tuple[int, Headers, Any]:
    if request.method == "GET":
        asked = parse_qs(urlsplit(request.path).query)["sysparm_query"][0]
        found = [key for name, key in inbox.kept.items() if f"correlation_id={name}^" in asked]
        return 200, {}, {"result": [{"sys_id": "s1", "number": key} for key in found]}
    if request.method == "POST":
        inbox.kept[request.json["correlation_id"]] = "INC1"
    return 200, {}, {"result": {"sys_id": "s1", "number": "INC1"}}


SERVICES: dict[str, Callable[[Inbox, Taken], tuple[int, Headers, Any]]] = {
    "/rest/api/3/search/jql": jira_search,
    "/rest/api/3/issue": jira_issue,
    "/graphql": linear,
    "/api/now/": servicenow,
}


@contextmanager
def http_inbox() -> Generator[Inbox]:
    """An HTTP server for as long as the block lasts."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Taken(self.command, self.path, headers, self.rfile.read(size))
            inbox.taken.append(request)
            status, more, body = inbox.answer(request)
            packed = json.dumps(body).encode()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(packed)))
            self.end_headers()
            self.wfile.write(packed)

        do_GET = do_POST = do_PATCH = serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """The other side went away: that is what some tests do."""

    server = Server(("127.0.0.1", 0), Handler)
    inbox.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.go.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


@dataclass
class Mailbox:
    """What came by mail; `answers` maps a verb to the line that is said, "hang" says nothing."""

    port: int = 0
    mails: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)


@contextmanager
def mailbox() -> Generator[Mailbox]:
    """A mail server for as long as the block lasts."""
    box = Mailbox()
    listening = socket.create_server(("127.0.0.1", 0))
    box.port = listening.getsockname()[1]

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                talk(box, stream)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.go.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def talk(box: Mailbox, stream: Any) -> None:
    def say(line: str) -> None:
        stream.write(f"{line}\r\n".encode())
        stream.flush()

    try:
        say("220 sink")
        while line := stream.readline().decode().strip():
            verb = line.split()[0].upper()
            said = box.answers.get(verb, "")
            if said == "hang":
                box.go.wait(60)
                return
            if verb == "AUTH":
                box.logins.append(line)
            if verb == "EHLO":
                say("250-sink")
                say(said or "250 AUTH PLAIN")
            elif verb == "DATA" and not said:
                say("354 go on")
                lines: list[str] = []
                while (one := stream.readline().decode().rstrip("\r\n")) != ".":
                    lines.append(one)
                box.mails.append("\n".join(lines))
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say(said or ("235 ok" if verb == "AUTH" else "250 ok"))
    except OSError:
        return
