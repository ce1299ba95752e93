"""Pulling from a Langfuse: page by page, patiently, and from where it ended."""

import contextlib
import json
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

import pytest
from typer.testing import CliRunner

from trimtab.adapters.langfuse_api import LangfuseApi
from trimtab.app.cli.main import app
from trimtab.vocabulary.kernel import Invalid, Refused, Unavailable

Json = dict[str, Any]
KEYS = {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
BASIC = "Basic cGs6c2s="
DAY_NS = 86_400_000_000_000
PAGE = 50


class Langfuse:
    """A Langfuse with some traces; `troubles` are answers that come before the next real one."""

    def __init__(self, count: int) -> None:
        now = datetime.now(tz=UTC)
        self.traces = [trace(number, now - timedelta(minutes=count - number)) for number in range(count)]
        self.troubles: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[str] = []

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, object]:
        if path == "/api/public/traces":
            first, last = query["fromTimestamp"][0], query["toTimestamp"][0]
            among = [one for one in self.traces if first <= one["timestamp"] < last]
            start = (int(query["page"][0]) - 1) * PAGE
            short = [{"id": one["id"], "timestamp": one["timestamp"]} for one in among[start : start + PAGE]]
            return 200, {"data": short, "meta": {"totalPages": -(-len(among) // PAGE)}}
        name = unquote(path.rpartition("/")[2])
        found = next((one for one in self.traces if one["id"] == name and not one.get("gone")), None)
        return (200, found) if found else (404, {"message": "not found"})


def trace(number: int, at: datetime) -> Json:
    start, end = (
        time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for time in (at, at + timedelta(seconds=2))
    )
    call = {
        "id": f"{number + 1:016x}",
        "type": "GENERATION",
        "startTime": start,
        "endTime": end,
        "model": "gpt-4o",
        "usageDetails": {"input": 10, "output": 5, "total": 15},
        "output": "write to ada@example.com",
    }
    score = {"id": f"score-{number}", "name": "helpful", "value": 1, "source": "EVAL", "timestamp": end}
    about = {"id": f"{number + 1:032x}", "name": "parcels", "timestamp": start, "sessionId": f"s{number}"}
    return about | {"observations": [call], "scores": [score]}


@contextlib.contextmanager
def serving(langfuse: Langfuse) -> Generator[str]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlparse(self.path)
            langfuse.asked.append(where.path)
            if self.headers["authorization"] != BASIC:
                return self.say(401, {}, b"{}")
            if langfuse.troubles:
                return self.say(*langfuse.troubles.pop(0))
            status, body = langfuse.answer(where.path, parse_qs(where.query))
            return self.say(status, {}, json.dumps(body).encode())

        def say(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run(data: Path, *arguments: str, keys: dict[str, str] = KEYS) -> Any:
    env = {"TRIMTAB_DATA": str(data), "LANGFUSE_PUBLIC_KEY": "", "LANGFUSE_SECRET_KEY": "", **keys}
    result = CliRunner().invoke(app, [*arguments, "--json"], env=env, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def counts(data: Path) -> Json:
    sql = "select (select count(*) from sessions) as sessions, (select count(*) from facts) as facts"
    return run(data, "query", sql)[0]


def test_every_page_is_pulled_and_the_next_time_goes_on(tmp_path: Path) -> None:
    langfuse = Langfuse(120)
    with serving(langfuse) as url:
        first = run(tmp_path, "pull", "langfuse", "--url", url)
        assert (first["records"], first["sessions"], first["skipped"]) == (120, 120, {})
        assert counts(tmp_path) == {"sessions": 120, "facts": 120}
        langfuse.traces.append(trace(120, datetime.now(tz=UTC) - timedelta(seconds=1)))
        again = run(tmp_path, "pull", "langfuse", "--url", url)
        assert 1 < again["records"] < 70, "the new one, and those of the latest hour once more"
        assert counts(tmp_path) == {"sessions": 121, "facts": 121}
    said = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"ada@example.com" not in said


def test_what_ends_half_way_goes_on_there(tmp_path: Path) -> None:
    langfuse = Langfuse(120)
    with serving(langfuse) as url:
        langfuse.traces[60]["observations"] = "broken"
        found = run(tmp_path, "pull", "langfuse", "--url", url)
        assert (found["sessions"], sum(found["skipped"].values())) == (119, 1)
        langfuse.traces[61]["gone"] = True
        found = run(tmp_path, "pull", "langfuse", "--url", url, "--since", "1d")
        assert found["skipped"]["deleted before it was read"] == 1


def test_it_waits_as_long_as_it_is_told_to() -> None:
    langfuse, slept = Langfuse(1), list[float]()
    with serving(langfuse) as url:
        api = LangfuseApi(url, ("pk", "sk"), slept.append)
        langfuse.troubles = [
            (429, {"retry-after": "7"}, b"{}"),
            (503, {}, b"{}"),
            (429, {"retry-after": "9999"}, b""),
        ]
        listed = api.list(0, 1 << 62, 1)
        assert (len(listed.traces), slept) == (1, [7.0, 2.0, 120.0])
        langfuse.troubles = [(503, {}, b"")] * 10
        with pytest.raises(Unavailable, match="HTTP 503"):
            api.list(0, 1 << 62, 1)
        api.close()
    with pytest.raises(Unavailable, match="no answer"):
        LangfuseApi("http://127.0.0.1:9", ("pk", "sk"), slept.append).list(0, 1, 1)


def test_what_stands_against_it_is_said(tmp_path: Path) -> None:
    with serving(Langfuse(1)) as url:
        with pytest.raises(Refused, match="does not know these keys") as refused:
            LangfuseApi(url, ("pk", "other")).list(0, 1, 1)
        assert "LANGFUSE_SECRET_KEY" in refused.value.hint
    with pytest.raises(Invalid, match="no address"):
        LangfuseApi("langfuse.example", ("pk", "sk"))
    env = {"TRIMTAB_DATA": str(tmp_path), "LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": ""}
    result = CliRunner().invoke(app, ["pull", "langfuse", "--url", "http://127.0.0.1:9"], env=env)
    assert isinstance(result.exception, Invalid)
    assert "LANGFUSE_SECRET_KEY is not set" in result.exception.message
