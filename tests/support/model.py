"""Models behind interfaces of providers: one that always answers the same or refuses, one that calls a tool and then answers."""

import contextlib
import json
import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
Reply = Callable[[str, Json], tuple[int, Json]]
"""From the path and body of a request to the status and body of its answer."""
CALL = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"number": 7}'}}
ANSWER = "In Lyon."


def model(status: int, answer: Json) -> contextlib.AbstractContextManager[str]:
    """The base address of a model that always says the same, while it answers."""
    return answering(lambda _path, _body: (status, answer))


@contextlib.contextmanager
def answering(reply: Reply) -> Generator[str]:
    """The base address of a model while it answers."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, answer = reply(
                self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))
            )
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gives
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def tool_first(path: str, asked: Json) -> tuple[int, Json]:
    """Of OpenAI or Anthropic, by the path: it calls `track` until it has seen a result, then it answers."""
    if path.endswith("/messages"):
        use = {"type": "tool_use", "id": "c1", "name": "track", "input": {"number": 7}}
        done = len(asked["messages"]) > 1
        return 200, of_anthropic(
            {"type": "text", "text": ANSWER} if done else use, "end_turn" if done else "tool_use"
        )
    done = any(message["role"] == "tool" for message in asked["messages"])
    said = {"content": ANSWER} if done else {"content": None, "tool_calls": [CALL]}
    return 200, of_openai({"role": "assistant", **said}, "stop" if done else "tool_calls")


def of_openai(message: Json, finish: str) -> Json:
    """A chat completion; 120 tokens in, 7 out."""
    choice = {"index": 0, "finish_reason": finish, "message": message}
    usage = {"prompt_tokens": 120, "completion_tokens": 7, "total_tokens": 127}
    about = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m-2"}
    return about | {"choices": [choice], "usage": usage}


def of_anthropic(content: Json, stop: str) -> Json:
    """A message; 120 tokens in, 7 out."""
    about = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m-2"}
    return about | {
        "content": [content],
        "stop_reason": stop,
        "usage": {"input_tokens": 120, "output_tokens": 7},
    }
