"""Answers as the Open Policy Agent does, by real Rego: run by an interpreter that has regopy, with a file of rules."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import regopy

RULES = Path(sys.argv[1]).read_text(encoding="utf-8")


class Handler(BaseHTTPRequestHandler):
    """One question at a time."""

    def do_POST(self) -> None:
        """Evaluate the rule that the path names."""
        given = json.loads(self.rfile.read(int(self.headers["content-length"])))
        rego = regopy.Interpreter()
        rego.add_module("rules", RULES)
        rego.set_input(given["input"])
        path = self.path.removeprefix("/v1/data/").replace("/", ".")
        said = [one for result in rego.query(f"data.{path}").results for one in result.expressions]
        body = json.dumps({"result": said[0]} if said else {}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silent."""


server = HTTPServer(("127.0.0.1", 0), Handler)
sys.stdout.write(f"{server.server_address[1]}\n")
sys.stdout.flush()
server.serve_forever()
