"""Real spans of a dozen frameworks: our steps agree with the kinds and the tokens that Langfuse made of them."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.support.spans import step_of

from trimtab.vocabulary.trace import LEAF_KINDS, Step

KINDS = {
    "GENERATION": {"llm"},
    "TOOL": {"tool"},
    "AGENT": {"agent"},
    "CHAIN": {"workflow"},
    "SPAN": {"agent", "tool", "workflow", "other"},
}
"""Type of an observation -> the kinds that it may be; a plain span may be anything that Langfuse had no type for yet."""
Seen = list[tuple[dict[str, Any], Step]]


@pytest.fixture(scope="module")
def seen(shared_data: Path) -> Seen:
    """Observations whose attributes were kept, and their steps."""
    found: Seen = []
    with gzip.open(shared_data / "langfuse_framework_traces" / "records.jsonl.gz", "rt") as lines:
        for line in lines:
            for observation in json.loads(line)["export"]["observations"]:
                attributes = structure(structure(observation.get("metadata")).get("attributes"))
                if attributes:
                    found.append((observation, step_of(attributes)))
    return found


def structure(value: Any) -> dict[str, Any]:
    """A structure, given as such or as JSON."""
    return (json.loads(value) if isinstance(value, str) else value) or {}


def wrapper(step: Step) -> bool:
    """What Langfuse calls a generation, and is the Vercel AI SDK's loop around them."""
    return step.dialect == "vercel" and step.kind == "agent"


def test_the_kinds_agree(seen: Seen) -> None:
    differing = Counter(
        (observation["type"], step.kind, step.dialect)
        for observation, step in seen
        if step.kind not in KINDS[observation["type"]] and not wrapper(step) and step.dialect != "other"
    )
    assert len(seen) > 50
    assert not differing


def test_the_tokens_of_leaves_agree(seen: Seen) -> None:
    compared = 0
    for observation, step in seen:
        usage: dict[str, int] = observation.get("usageDetails") or {}
        if step.kind in LEAF_KINDS and step.input_tokens is not None:
            compared += 1
            inclusive = sum(count for name, count in usage.items() if name.startswith("input"))
            assert step.input_tokens == inclusive, observation["id"]
            made = sum(count for name, count in usage.items() if name.startswith("output"))
            assert step.output_tokens == made, observation["id"]
    assert compared >= 10
