"""Converters from an attribute's value to a field; what does not fit is absent, never a guess."""

import hashlib
from collections.abc import Callable
from typing import Any, cast

import orjson

from trimtab.vocabulary.kernel import canonical_json

Draft = dict[str, Any]
Convert = Callable[[Any], Any]
MAX_NAME = 200
MAX_COUNT = 10**10
MAX_USD = 1_000_000
"""More tokens or calls than this are no count of one step; sums and prices of what is less fit into 64 bits."""
MAX_DIGITS = len(str(MAX_COUNT))
SHARED_NAMES = frozenset({"other", "gen_ai", "gen_ai_early"})
"""Dialects that many emitters speak; one that marks its spans as its own is the better name."""

PROVIDERS = {
    "az.ai.openai": "azure.ai.openai",
    "az.ai.inference": "azure.ai.inference",
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "azure-openai": "azure.ai.openai",
    "azureopenai": "azure.ai.openai",
    "aws": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "amazon-bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "vertex_ai": "gcp.vertex_ai",
    "google_vertexai": "gcp.vertex_ai",
    "google.vertex": "gcp.vertex_ai",
    "gemini": "gcp.gemini",
    "google.generative-ai": "gcp.gemini",
    "google": "gcp.gen_ai",
    "google_genai": "gcp.gen_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}
"""Providers as emitters spell them -> the name in OpenTelemetry's conventions; all others stay as they are."""
ENDS = {
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
    "function_call": "tool_call",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "safety": "content_filter",
}
"""Why generation ended, as providers say it -> the word of OpenTelemetry's messages; all others stay as they are."""
FRAMEWORKS = frozenset({"gcp.vertex.agent", "langchain", "crewai", "microsoft.agent_framework"})
"""What some write where the provider belongs: the framework, whatever model it calls."""
SURFACES = frozenset({"chat", "completion", "embedding", "image", "messages", "responses", "text"})
"""What the Vercel AI SDK adds to a provider: the interface that was called."""


def claim(draft: Draft, name: str) -> None:
    """Name the dialect of a span by the mark of its emitter, unless a stronger one already did."""
    if draft.get("dialect", "other") in SHARED_NAMES:
        draft["dialect"] = name


def settle(draft: Draft, field: str, value: Any) -> None:
    """A field, unless a stronger dialect said it or there is nothing to say."""
    if value is not None:
        draft.setdefault(field, value)


def text(value: Any) -> str | None:
    """A short text; empty counts as absent."""
    if isinstance(value, str):
        return value[:MAX_NAME] or None
    if isinstance(value, bool | int | float):
        return str(value)
    return None


def provider(value: Any) -> str | None:
    """A provider by the name that OpenTelemetry's conventions give it."""
    found = text(value)
    if not found or found in FRAMEWORKS:
        return None
    name, dot, surface = found.rpartition(".")
    if dot and surface in SURFACES:
        found = name
    return PROVIDERS.get(found.lower(), found)


def whole(value: Any) -> int | None:
    """A count: a whole number of 0 or more."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if len(value) <= MAX_DIGITS and value.isascii() and value.isdigit() else None
    if isinstance(value, int | float) and 0 <= value <= MAX_COUNT and value == int(value):
        return int(value)
    return None


def flag(value: Any) -> bool | None:
    """True or false."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def seconds(value: Any) -> int | None:
    """Seconds as ns."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return int(value * 1e9)
    return None


def milliseconds(value: Any) -> int | None:
    """Milliseconds as ns."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12:
        return int(value * 1e6)
    return None


def first(value: Any) -> str | None:
    """The first of a list, or the text itself."""
    if isinstance(value, list):
        return text(value[0]) if value else None
    return text(value)


def reason(value: Any) -> str | None:
    """Why generation ended, the first of several, in the words of OpenTelemetry's messages."""
    found = first(value)
    if not found:
        return None
    found = found.lower().replace("-", "_")
    return ENDS.get(found, found)


def usd(value: Any) -> int | None:
    """Nano-dollars of an amount in USD."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < MAX_USD:
        return None
    return round(value * 1e9)


def structure(value: Any) -> Any:
    """A structure: given as such, or as JSON text; None where it is neither."""
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    return value


def mapping(value: Any) -> Draft:
    """A structure with keys, given as such or as JSON text; empty where it is something else."""
    found = structure(value)
    return cast("Draft", found) if isinstance(found, dict) else {}


def counts(draft: Draft, usage: Draft, names: dict[str, str]) -> None:
    """Tokens from a report of usage (its name -> our field), where no stronger dialect gave them."""
    for name, field in names.items():
        settle(draft, field, whole(usage.get(name)))


def fingerprint(value: Any) -> str | None:
    """Sixteen hex digits that change with the content: identity of a prompt or of tool schemas, given as JSON or not."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        found = structure(value)
        value = value if found is None else found
    if value is None or value in ("", [], {}):
        return None
    raw = value.encode() if isinstance(value, str) else canonical(value)
    return hashlib.blake2b(raw, digest_size=8).hexdigest()


def canonical(value: Any) -> bytes:
    """The same JSON for the same content: keys in order, bytes as hex, whatever else as its text."""
    return canonical_json(value, printed)


def printed(value: object) -> str:
    """What JSON cannot hold, as text."""
    return value.hex() if isinstance(value, bytes) else str(value)


def messages(value: Any) -> list[dict[str, Any]] | None:
    """A list of messages, or None where it is not one."""
    found = structure(value)
    if not isinstance(found, list):
        return None
    return [cast("dict[str, Any]", item) for item in cast("list[Any]", found) if isinstance(item, dict)]
