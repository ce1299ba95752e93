"""LangSmith: LangChain and LangGraph by OTLP, and what its users write on spans of others.

Stronger than `gen_ai.*`: LangSmith derives `gen_ai.operation.name` from its own kind and loses some of it, a
retriever says `embeddings` and a prompt `chat`. Its `langsmith.trace.session_id` is the tracing project, not a
session; a thread is named by metadata.
https://docs.langchain.com/langsmith/trace-with-opentelemetry
https://docs.langchain.com/langsmith/threads
"""

import re
from typing import Any

from trimtab.vocabulary.trace.dialects.reading import Convert, Draft, claim, counts, provider, settle, text

NAME = "langsmith"
METADATA = "langsmith.metadata."
FIELDS: dict[str, tuple[str, Convert]] = {
    f"{METADATA}session_id": ("own_session", text),
    f"{METADATA}thread_id": ("own_session", text),
    f"{METADATA}conversation_id": ("own_session", text),
    f"{METADATA}user_id": ("user", text),
    f"{METADATA}lc_agent_name": ("own_agent", text),
    f"{METADATA}ls_provider": ("provider", provider),
    f"{METADATA}ls_model_name": ("model_requested", text),
}
KIND, RUN = "langsmith.span.kind", "langsmith.trace.name"
INPUT, OUTPUT = "gen_ai.usage.input_token_details", "gen_ai.usage.output_token_details"
READS = frozenset({KIND, RUN, INPUT, OUTPUT})
PREFIXES: tuple[str, ...] = ()
KINDS_OF = {
    "llm": "llm",
    "chain": "workflow",
    "tool": "tool",
    "retriever": "retrieve",
    "embedding": "embedding",
    "prompt": "prompt",
    "parser": "other",
}
CACHED = {"cache_read": "cache_read_tokens", "cache_creation": "cache_write_tokens"}
REASONED = {"reasoning": "reasoning_tokens"}
COUNT = re.compile(r"""["'](\w{1,40})["']\s*:\s*(\d{1,11})\b""")


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind of the run."""
    said = attributes.get(KIND)
    return KINDS_OF.get(said.lower()) if isinstance(said, str) else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Details of usage, and the tool that a run is."""
    counts(draft, details(attributes.get(INPUT)), CACHED)
    counts(draft, details(attributes.get(OUTPUT)), REASONED)
    if KIND in attributes:
        claim(draft, NAME)
        if attributes[KIND] == "tool":
            settle(draft, "tool", text(attributes.get(RUN)))


def details(value: Any) -> Draft:
    """Counts by name, from a text that is JSON or a printed Python dict: LangSmith writes both."""
    return dict(COUNT.findall(value[:2000])) if isinstance(value, str) else {}
