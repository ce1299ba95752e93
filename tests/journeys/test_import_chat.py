"""Real recorded calls of nine providers: usage, tool calls and errors as they were on the wire, where it is a chat."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import orjson
import pytest

Run = Callable[..., Any]
Json = dict[str, Any]
CALLS = """
select provider, count(input_tokens) as with_usage,
  sum(input_tokens - case when provider = 'anthropic' then coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
                     else 0 end)::bigint as input_tokens,
  sum(output_tokens)::bigint as output_tokens, sum(tool_calls)::bigint as tool_calls, sum(error::integer)::bigint as errors
from steps where kind = 'llm' group by provider
"""
WHOLE = {
    "anthropic": "anthropic",
    "cerebras": "cerebras",
    "groq": "groq",
    "mistral_ai": "mistral",
    "openrouter": "openrouter",
    "deepseek": "deepseek",
    "azure.ai.openai": "azure-openai",
    "zai": "zai",
}
"""Our name -> theirs, of the providers of whom every recording with usage is a chat."""


@pytest.fixture(scope="module")
def records(shared_data: Path) -> Path:
    return shared_data / "provider_cassettes" / "records.jsonl.gz"


@pytest.fixture(scope="module")
def answers(shared_data: Path) -> Json:
    return orjson.loads((shared_data / "provider_cassettes" / "answers.json").read_bytes())["by_provider"]


@pytest.fixture(scope="module")
def imported(trimtab: Run, records: Path) -> Run:
    trimtab("import", "openai-chat", records)
    return trimtab


def recorded(records: Path) -> Iterator[tuple[str, Json, Json]]:
    """Host and path, and the bodies of each recorded request that tells of usage."""
    with gzip.open(records) as lines:
        for line in lines:
            for one in orjson.loads(line)["cassette"]["interactions"]:
                body = one.get("response", {}).get("parsed_body")
                if isinstance(body, dict) and isinstance(body.get("usage"), dict):
                    where = urlparse(one["request"]["uri"])
                    request = one["request"].get("parsed_body") or {}
                    yield f"{where.hostname}{where.path}", request, body["usage"]


def test_usage_and_tool_calls_are_those_on_the_wire(imported: Run, answers: Json) -> None:
    found = {row["provider"]: row for row in imported("query", CALLS)}
    for ours, theirs in WHOLE.items():
        told, row = answers[theirs], found[ours]
        for name in ("with_usage", "input_tokens", "output_tokens"):
            assert row[name] == told[name], (ours, name)
        assert (row["tool_calls"] or 0) == told["tool_calls_in_responses"], ours
    assert found["anthropic"]["errors"] == answers["anthropic"]["errors_4xx_5xx"]
    assert found["groq"]["errors"] == answers["groq"]["errors_4xx_5xx"]


def test_what_is_no_chat_is_left_out(imported: Run, records: Path, answers: Json) -> None:
    row = next(row for row in imported("query", CALLS) if row["provider"] == "openai")
    chats = ("api.openai.com/v1/chat/completions", "api.openai.com/v1/responses")
    others = [
        usage
        for where, _, usage in recorded(records)
        if where.startswith("api.openai.com") and where not in chats
    ]
    assert len(others) == 10, "embeddings, compactions, responses read again"
    left_out = sum(usage.get("prompt_tokens", 0) + usage.get("input_tokens", 0) for usage in others)
    assert row["input_tokens"] == answers["openai"]["input_tokens"] - left_out
    assert row["with_usage"] == answers["openai"]["with_usage"] - len(others)


def test_a_second_time_changes_nothing_and_skips_are_told(imported: Run, records: Path) -> None:
    before = imported("query", CALLS + " order by provider"), imported("query", "select count(*) from steps")
    result = imported("import", "openai-chat", records)
    assert before == (
        imported("query", CALLS + " order by provider"),
        imported("query", "select count(*) from steps"),
    )
    calls = imported("query", "select count(*) as n from steps where kind = 'llm'")[0]["n"]
    assert calls + sum(result["skipped"].values()) == result["records"]
