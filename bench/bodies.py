"""Synthetic OTLP traces: deterministic, about 1.3 KB a span, 12 attributes, agent runs of about 10 spans."""

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SPANS_PER_BODY = 200
TRACES_PER_SESSION = 3
TRACES_APART = 40
"""How many traces lie between two of one session: two bodies, so that a session comes in pieces."""
EMAIL_SHARE = 0.05
BASE_NS = 1_764_547_200_000_000_000
"""2025-12-01T00:00:00Z: always in the past, so that no span counts as skewed."""
SHAPE = ("llm", "tool", "llm", "retrieve", "llm", "tool", "tool", "llm", "tool")
"""The children of a trace's root, in the order in which they end."""
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5")
PROVIDERS = {"gpt-4o": "openai", "gpt-4o-mini": "openai", "claude-sonnet-4-5": "anthropic"}
TOOLS = ("lookup_order", "refund", "search_flights", "send_note", "check_stock")
AGENTS = ("booking", "support", "research", "coding")
SYLLABLES = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "po",
    "ru",
    "sa",
    "te",
    "vi",
    "wo",
    "zu",
    "kan",
    "ter",
)


class Words:
    """Seeded text of invented words in Zipf-like frequency, so that it compresses about as prose does."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._known = [
            "".join(self.random.choices(SYLLABLES, k=self.random.randint(1, 4))) for _ in range(4000)
        ]
        weights = [1 / (rank + 8) for rank in range(len(self._known))]
        self._weights = list(itertools.accumulate(weights))

    def text(self, letters: int) -> str:
        """About so many letters."""
        count = max(1, letters // 7)
        return " ".join(self.random.choices(self._known, cum_weights=self._weights, k=count))

    def email(self) -> str:
        """An address that a redactor must find; nobody's (RFC 2606)."""
        return f"{self.text(7).replace(' ', '.')}.{self.random.randint(10, 9999)}@example.com"


def messages(words: Words, sizes: tuple[int, ...], email: str) -> str:
    """Messages of the GenAI conventions as JSON text, of so many letters each."""
    roles = itertools.cycle(("user", "assistant"))
    listed: list[dict[str, Any]] = [
        {"role": role, "parts": [{"type": "text", "content": words.text(size)}]}
        for role, size in zip(roles, sizes, strict=False)
    ]
    if email:
        listed[-1]["parts"][0]["content"] += f" {email}"
    return json.dumps(listed)


def llm_attributes(words: Words, email: str) -> dict[str, Any]:
    """A model call."""
    chance = words.random
    model = chance.choice(MODELS)
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": PROVIDERS[model],
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.usage.input_tokens": chance.randint(200, 6000),
        "gen_ai.usage.output_tokens": chance.randint(10, 900),
        "gen_ai.request.temperature": 0.2,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.input.messages": messages(words, (200, 300, 300), email),
        "gen_ai.output.messages": messages(words, (250,), ""),
    }


def tool_attributes(words: Words, email: str) -> dict[str, Any]:
    """A tool call; about 3 % fail."""
    chance = words.random
    found: dict[str, Any] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": chance.choice(TOOLS),
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": f"call_{chance.getrandbits(64):016x}",
        "gen_ai.tool.call.arguments": json.dumps({"query": words.text(90), "contact": email}),
        "gen_ai.tool.call.result": json.dumps({"rows": [words.text(180), words.text(180)]}),
        "app.attempt": chance.randint(1, 3),
        "app.cached": chance.random() < 0.3,
        "app.queue_ms": round(chance.random() * 50, 3),
    }
    if chance.random() < 0.03:
        found["error.type"] = "TimeoutError"
    return found


def retrieve_attributes(words: Words, email: str) -> dict[str, Any]:
    """A retrieval with its documents."""
    chance = words.random
    documents = [
        {"id": chance.getrandbits(32), "score": chance.random(), "text": words.text(260)} for _ in range(4)
    ]
    return {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.data_source.id": "handbook",
        "gen_ai.retrieval.query.text": f"{words.text(80)} {email}",
        "gen_ai.retrieval.documents": json.dumps(documents),
        "gen_ai.request.top_k": 4,
        "db.system.name": "vector",
        "app.index": "main",
        "app.cached": chance.random() < 0.3,
        "app.shard": chance.randint(0, 7),
        "app.queue_ms": round(chance.random() * 50, 3),
    }


def agent_attributes(words: Words, email: str) -> dict[str, Any]:
    """The run of an agent: the root of a trace."""
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": words.random.choice(AGENTS),
        "gen_ai.agent.id": f"agent_{words.random.getrandbits(32):08x}",
        "user.id": f"user-{words.random.randint(1, 5000)}",
        "app.plan": words.text(200),
        "app.question": f"{words.text(250)} {email}",
        "app.answer": words.text(300),
        "app.channel": "chat",
        "app.locale": "en",
        "app.attempt": 1,
    }


MAKERS = {
    "llm": llm_attributes,
    "tool": tool_attributes,
    "retrieve": retrieve_attributes,
    "agent": agent_attributes,
}


def fill_value(value: Any, given: object) -> None:
    """Write a Python value into a protobuf AnyValue."""
    if isinstance(given, bool):
        value.bool_value = given
    elif isinstance(given, int):
        value.int_value = given
    elif isinstance(given, float):
        value.double_value = given
    elif isinstance(given, list):
        for item in given:
            fill_value(value.array_value.values.add(), item)
    else:
        value.string_value = str(given)


def session_of(trace: int) -> str:
    """The session of a trace by its number."""
    block, within = divmod(trace, TRACES_APART * TRACES_PER_SESSION)
    return f"session-{block}-{within % TRACES_APART}"


def expected(bodies: int) -> dict[str, int]:
    """What `trimtab sli` must count once the first so many bodies are queryable."""
    traces = bodies * SPANS_PER_BODY // (len(SHAPE) + 1)
    return {
        "steps": bodies * SPANS_PER_BODY,
        "sessions": len({session_of(trace) for trace in range(traces)}),
        "llm_calls": traces * SHAPE.count("llm"),
        "tool_calls": traces * SHAPE.count("tool"),
        "unpriced_calls": 0,
    }


class Traces:
    """An endless, seeded stream of traces; a session's three traces lie two bodies apart."""

    def __init__(self, seed: int, base_ns: int) -> None:
        self._words = Words(seed)
        self._base_ns = base_ns
        self._count = 0

    def add_to(self, scope: Any) -> int:
        """Append one trace of ten spans, children before their root; gives their number."""
        chance = self._words.random
        session = session_of(self._count)
        start_ns = self._base_ns + self._count * 50_000_000
        trace_id, root = chance.randbytes(16), chance.randbytes(8)
        at = start_ns
        for kind in (*SHAPE, "agent"):
            span = scope.spans.add()
            span.trace_id = trace_id
            is_root = kind == "agent"
            span.span_id = root if is_root else chance.randbytes(8)
            span.parent_span_id = b"" if is_root else root
            span.name = kind
            span.kind = 1
            span.start_time_unix_nano = start_ns if is_root else at
            at += chance.randint(5_000_000, 900_000_000)
            span.end_time_unix_nano = at
            email = self._words.email() if chance.random() < EMAIL_SHARE else ""
            attributes = MAKERS[kind](self._words, email)
            attributes |= {"gen_ai.conversation.id": session, "app.region": "eu-1"}
            for key, given in attributes.items():
                pair = span.attributes.add()
                pair.key = key
                fill_value(pair.value, given)
            span.status.code = 2 if "error.type" in attributes else 1
        self._count += 1
        return len(SHAPE) + 1


def make_bodies(count: int, seed: int = 7, base_ns: int = BASE_NS) -> Iterator[bytes]:
    """So many serialised export requests of 200 spans; the first ones are the same for any count."""
    traces = Traces(seed, base_ns)
    for _ in range(count):
        request = ExportTraceServiceRequest()
        of_resource = request.resource_spans.add()
        for key, given in (("service.name", "bench"), ("deployment.environment.name", "test")):
            pair = of_resource.resource.attributes.add()
            pair.key = key
            fill_value(pair.value, given)
        scope = of_resource.scope_spans.add()
        scope.scope.name = "bench"
        spans = 0
        while spans < SPANS_PER_BODY:
            spans += traces.add_to(scope)
        yield request.SerializeToString()


def write_bodies(path: Path, count: int) -> Path:
    """Bodies in a file, each behind its length (4 bytes, big endian), for the client process."""
    with path.open("wb") as file:
        for body in make_bodies(count):
            file.write(len(body).to_bytes(4, "big") + body)
    return path


def read_bodies(path: Path) -> list[bytes]:
    """What `write_bodies` wrote."""
    data = path.read_bytes()
    found: list[bytes] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found
