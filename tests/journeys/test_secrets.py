"""Seeded secrets and personal data, in every place and disguise, over every path: none of them reaches the disk.

What this does not show, because the redactor by design does not see it (docs/redaction.md):

* Names, addresses, birthdays, diagnoses and other free text that no rule describes.
* A secret that is encoded (base64, hex, gzip, encrypted, spelled out) or cut in two over fields, events or spans.
* A number in an OTLP `int_value` or `double_value` under a name that says nothing (a card number as an integer);
  the same number in a text, in JSON or in a fact is found.
* Metric values, times, and trace and span ids: they are no texts.
* Attribute names and texts below 64 levels of JSON are removed unread, not judged.
* IPv4 addresses: the rule ships switched off.
* What an operator writes as configuration: names of projects and keys, flags, file names.
"""

import gzip
import json
import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import grpc
import pytest
import zstandard
from tests.support.bodies import JSON, gauge_of, json_span, json_traces, log_of, pairs, span, traces_of
from tests.support.server import HOST, TRIMTAB, Served

# Put together here, so that no scanner of repositories takes them for real ones.
SECRETS = {
    "openai key": "sk-" + "proj-Qm3vXz81LkPw0TnbYc7RdEuHs5GaJf",
    "aws access key": "AKIA" + "QZ3N7PKD5WTM2HXC",
    "github token": "ghp" + "_q7Zt3LmWx9Kc2VbNf5RjHs8DyPg1TuEa0QoI",
    "bearer token": "Bearer " + "q8Zr2Lw7Xk4Vn9Tb1Mc6",
    "private key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----",
    "e-mail": "ottilie.wurzburger@seeded-mail.org",
    "phone": "+44 20 7946 0123",
    "card": "4539 1488 0343 6467",
    "card, bare": "4916338506082832",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ssn": "536-90-4399",
    "database url": "postgres://" + "app:tr1cky-pw-9137@db.internal/x",
}
SEEDS = {
    **SECRETS,
    "bearer token": "q8Zr2Lw7Xk4Vn9Tb1Mc6",
    "private key": "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    "database url": "tr1cky-pw-9137",
}
"""What must not be found: the secret itself, without the words around it."""


def escaped(text: str) -> str:
    """A JSON string of unicode escapes only."""
    return '"' + "".join(f"\\u{ord(char):04x}" for char in text) + '"'


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": lambda t: f"see {t} here",
    "alone": lambda t: t,
    "json": lambda t: json.dumps({"note": t}),
    "json escaped": lambda t: '{"note": ' + escaped(t) + "}",
    "json with slashes": lambda t: json.dumps({"note": f"/{t}/"}).replace("/", "\\/"),
    "json in json": lambda t: json.dumps({"a": json.dumps({"b": [t]})}),
    "json in json in json": lambda t: json.dumps([json.dumps({"a": json.dumps({"b": t})})]),
    "escaped in json": lambda t: json.dumps({"a": '{"b": ' + escaped(t) + "}"}),
    "a key of json": lambda t: json.dumps({t: 1}),
}
TEXTS = [f"{disguise(secret)}" for secret in SECRETS.values() for disguise in DISGUISES.values()]
SERVICES = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}


def places(text: str) -> dict[str, Any]:
    """A text in every kind of attribute."""
    return {
        "note": text,
        f"key {text}": "v",
        "list": ["a", text, [text]],
        "map": {"k": text, text: {"inner": [text]}},
        "bytes": text.encode(),
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}]),
        "gen_ai.tool.call.arguments": text,
        "gen_ai.agent.name": text,
        "gen_ai.request.model": text,
        "error.type": text,
        "session.id": text,
        "user.id": text,
        "trimtab.cohort.c": text,
        f"trimtab.cohort.{text}": "x",
    }


def spans_with(first: int, texts: list[str]) -> bytes:
    """Spans that hold each text in every place."""
    made = []
    for number, text in enumerate(texts, first):
        one = span(number, places(text), name=text, trace_state=f"a={text}")
        one.status.code, one.status.message = 2, text
        one.events.add(name=text, time_unix_nano=1).attributes.extend(pairs(places(text)))
        one.events.add(name="exception").attributes.extend(
            pairs({"exception.message": text, "exception.type": text})
        )
        one.links.add(trace_id=b"\1" * 16, trace_state=text).attributes.extend(pairs(places(text)))
        made.append(one)
    return traces_of(made, {"service.name": texts[0], "host": texts[-1]} | places(texts[-1]))


def json_spans_with(first: int, texts: list[str]) -> bytes:
    """The same in OTLP/JSON, as other SDKs write it."""
    made = []
    for number, text in enumerate(texts, first):
        said = [
            {"key": "note", "value": {"stringValue": text}},
            {"key": text, "value": {"arrayValue": {"values": [{"stringValue": text}]}}},
        ]
        made.append(json_span(number, name=text, attributes=said, status={"code": 2, "message": text}))
    return json.dumps(json_traces(made)).encode()


def log_with(text: str) -> bytes:
    """A log record that holds a text in every place; an evaluation, so that it becomes a fact."""
    words = places(text) | {
        "gen_ai.evaluation.name": text,
        "gen_ai.evaluation.explanation": text,
        "gen_ai.evaluation.score.label": text,
    }
    return log_of(
        words,
        {"text": text, text: [text]},
        time_unix_nano=time.time_ns(),
        trace_id=b"\1" * 16,
        event_name="gen_ai.evaluation.result",
        severity_text=text,
    )


def fact_with(number: int, text: str) -> dict[str, Any]:
    """A fact with a text wherever a fact has one."""
    shared = {"kind": "label", "source": "human", "label": text, "reason": text, "name": text, "method": text}
    return shared | {"id": f"{number} {text}", "session": f"{number} {text}"}


def export(served: Served, signal: str, body: bytes) -> None:
    """Send over gRPC."""
    with grpc.insecure_channel(f"{HOST}:{served.grpc_port}") as channel:
        metadata = [("authorization", f"Bearer {served.key}")]
        channel.unary_unary(SERVICES[signal])(body, metadata=metadata, timeout=30)


def over_the_api(served: Served) -> None:
    """OTLP over HTTP and gRPC, all encodings and signals, and facts."""
    assert served.send(spans_with(1, TEXTS)).status == 200
    assert served.send(json_spans_with(1000, TEXTS), media=JSON).status == 200
    assert served.send(gzip.compress(spans_with(2000, TEXTS)), content_encoding="gzip").status == 200
    packed = gzip.compress(json_spans_with(3000, TEXTS))
    assert served.send(packed, media=JSON, content_encoding="gzip").status == 200
    export(served, "traces", spans_with(4000, TEXTS))
    for text in TEXTS[::4]:
        assert served.send(log_with(text), "logs").status == 200
        assert (
            served.send(gauge_of("trimtab.fact.x", places(text) | {"session.id": text}), "metrics").status
            == 200
        )
        assert served.send(gauge_of(text, {text: text}), "metrics").status == 200
    export(served, "logs", log_with(TEXTS[0]))
    export(served, "metrics", gauge_of(TEXTS[1], places(TEXTS[1])))
    facts = json.dumps([fact_with(number, text) for number, text in enumerate(TEXTS)]).encode()
    assert served.request("POST", "/api/v1/facts", facts, content_type=JSON).status == 200


def refused(served: Served) -> None:
    """What is wrong is refused; the sentence may go to the client, but not to a file."""
    for text in SECRETS.values():
        plain = json.dumps({"resourceSpans": text}).encode()
        assert served.send(plain, media=JSON).status == 400
        assert served.send(text.encode()).status == 400
        assert served.send(traces_of([span(1, name=text, trace_id=b"x")])).status == 400
        wrong = json.dumps([{"id": text, "kind": text, text: text}]).encode()
        assert served.request("POST", "/api/v1/facts", wrong, content_type=JSON).status == 400
        query = json.dumps({"sql": f"select '{text}', * from nowhere"}).encode()
        assert served.request("POST", "/api/v1/query", query, content_type=JSON).status == 403


def run(served: Served, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the CLI against the running server."""
    env = os.environ | {"TRIMTAB_DATA": str(served.data)}
    return subprocess.run([TRIMTAB, *arguments], env=env, capture_output=True, text=True, timeout=60)


def tau_bench_with(said: str) -> dict[str, Any]:
    """A run of tau-bench that holds a text in every place."""
    call = {"id": "c", "function": {"name": "mail", "arguments": json.dumps({"to": said})}}
    steps = [
        {"role": "user", "content": said},
        {"role": "assistant", "content": said, "tool_calls": [call]},
        {"role": "tool", "name": "mail", "content": f"Error: {said}"},
    ]
    run_ = {"task_id": said, "trial": 0, "reward": 1.0, "traj": steps}
    return {"id": "1", "model": "m", "domain": "d", "run": run_}


def agentdojo_with(said: str) -> dict[str, Any]:
    """A run of AgentDojo that holds a text in every place."""
    call = {"function": "mail", "args": {"to": said}, "id": "c"}
    steps = [
        {"role": "user", "content": said},
        {"role": "assistant", "content": said, "tool_calls": [call]},
        {"role": "tool", "content": said, "tool_call": call, "error": said},
    ]
    names = {"suite_name": "s", "pipeline_name": "p", "attack_type": None, "user_task_id": said}
    found = {"messages": steps, "utility": True, "security": False, "injection_task_id": None}
    return {"id": "a.json", "run": names | found}


def over_the_cli(served: Served, folder: Path) -> None:
    """Importers of every format, and texts on the command line."""
    said = "; ".join(SECRETS.values())
    files = {
        "tau-bench": json.dumps(tau_bench_with(said)).encode() + b"\n",
        "agentdojo": json.dumps(agentdojo_with(said)).encode() + b"\n",
        "otlp": json_spans_with(6000, TEXTS[::9]) + b"\n",
    }
    for form, body in files.items():
        file = folder / f"{form}.jsonl"
        file.write_bytes(body)
        done = run(served, "import", form, str(file), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["skipped"] == {}, done.stdout
    binary = folder / "traces.binpb"
    binary.write_bytes(spans_with(7000, TEXTS[::9]))
    assert run(served, "import", "otlp", str(binary), "--json").returncode == 0
    secret = SECRETS["e-mail"]
    for command in (
        ["query", f"select '{secret}'"],
        ["show", secret],
        ["sessions", "--where", f"tenant={secret}"],
    ):
        run(served, *command)


def unescaped(data: bytes) -> bytes:
    """What data says once its JSON escapes are undone."""
    plain = re.sub(rb"\\+u00([0-9a-fA-F]{2})", lambda match: bytes([int(match[1], 16)]), data)
    return plain.replace(b"\\", b"")


def rows_of(data: Path) -> Iterator[tuple[str, bytes]]:
    """Everything in the databases, unpacked: bodies of the journal, rows of the tables."""
    unpack = zstandard.ZstdDecompressor()
    for day in (data / "journal").glob("*.sqlite"):
        con = sqlite3.connect(day)
        for position, size, body in con.execute("select position, size, body from entry"):
            yield f"body {position} of {day.name}", unpack.decompress(body, max_output_size=max(size, 1))
        con.close()
    con = duckdb.connect(str(data / "analytics.duckdb"), read_only=True)
    for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
        for row in con.execute(f"select * from {table}").fetchall():
            yield f"a row of {table}", "\n".join(map(str, row)).encode()
    con.close()


def files_of(served: Served) -> Iterator[tuple[str, bytes]]:
    """Every file of the data folder as it is, and what the server printed."""
    for path in [served.log, *served.data.rglob("*")]:
        if path.is_file():
            yield path.name, path.read_bytes()


def leaks(found: Iterator[tuple[str, bytes]]) -> list[str]:
    """Seeds that are found, and where."""
    said: list[str] = []
    for place, data in found:
        for form in {data, unescaped(data)}:
            for name, seed in SEEDS.items():
                at = form.find(seed.encode())
                if at >= 0:
                    said.append(f"{name} in {place}: {form[max(0, at - 60) : at + 40]!r}")
    return sorted(set(said))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server in a process of its own."""
    found = Served(tmp_path / "data")
    found.start()
    yield found
    if found.alive:
        found.kill()


def search(served: Served) -> None:
    """Look everywhere while the server runs, and again when it has stopped."""
    assert served.settle()["skipped"] == 0
    assert leaks(files_of(served)) == []
    served.stop()
    assert leaks(files_of(served)) == []
    assert leaks(rows_of(served.data)) == []


def test_no_seed_sent_over_the_api_reaches_a_file(served: Served) -> None:
    over_the_api(served)
    refused(served)
    served.settle()
    assert served.query("select count(*) from steps where span_id < 5000") == [[5 * len(TEXTS)]]
    search(served)


@pytest.mark.full
def test_no_seed_read_by_the_cli_reaches_a_file(served: Served, tmp_path: Path) -> None:
    over_the_cli(served, tmp_path)
    search(served)


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """The control: with redaction off, every seed is found, in files and in rows."""
    body = spans_with(1, TEXTS)
    found = Served(tmp_path / "data", env={"TRIMTAB_REDACTION": "off"})
    found.start()
    assert found.send(body).status == 200
    found.settle()
    found.stop()
    for place in (iter([("here", body)]), files_of(found), rows_of(found.data)):
        kinds = {text.partition(" in ")[0] for text in leaks(place)}
        assert kinds == set(SEEDS)
