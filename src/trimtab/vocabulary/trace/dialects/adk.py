"""Google's Agent Development Kit: `gcp.vertex.agent.*`, beside `gen_ai.*`.

`call_llm` spans name no operation; they are known by the request they carry. What sums up parallel tool calls says
`execute_tool` too, and is none. Gemini counts thoughts beside the
candidates, so output is their sum, whatever the attributes of older versions say.
https://google.github.io/adk-docs/observability/
"""

from typing import Any, cast

from trimtab.vocabulary.trace.dialects.conversation import conversation, prompt, tell, tools
from trimtab.vocabulary.trace.dialects.reading import (
    Convert,
    Draft,
    claim,
    mapping,
    reason,
    settle,
    text,
    whole,
)

NAME = "adk"
AGENT = "gcp.vertex.agent."
REQUEST, RESPONSE, ARGUMENTS = f"{AGENT}llm_request", f"{AGENT}llm_response", f"{AGENT}tool_call_args"
MERGED = "(merged tools)"
FIELDS: dict[str, tuple[str, Convert]] = {f"{AGENT}session_id": ("own_session", text)}
READS = frozenset({REQUEST, RESPONSE, ARGUMENTS, f"{AGENT}invocation_id", f"{AGENT}event_id"})
PREFIXES: tuple[str, ...] = ()


def kind(attributes: dict[str, Any]) -> str | None:
    """A tool has arguments; a model call has a request, which is empty where content is not captured."""
    if ARGUMENTS in attributes:
        return "other" if attributes.get("gen_ai.tool.name") == MERGED else "tool"
    return "llm" if REQUEST in attributes else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Messages, prompt, tools and usage, from the request and the response where they are captured."""
    if not any(key in attributes for key in (*READS, f"{AGENT}session_id")):
        return
    claim(draft, NAME)
    if kind(attributes) != "llm":
        return
    request, response = mapping(attributes.get(REQUEST)), mapping(attributes.get(RESPONSE))
    config = mapping(request.get("config"))
    made = response.get("content")
    tell(draft, conversation(request.get("contents")), conversation([made] if made else None))
    settle(draft, "prompt_hash", prompt(of_parts(config.get("system_instruction"))))
    settle(draft, "tools_hash", tools(config["tools"]) if config.get("tools") else None)
    settle(draft, "model_requested", text(request.get("model")))
    settle(draft, "finish", reason(response.get("finish_reason")))
    read_usage(mapping(response.get("usage_metadata")), draft)


def of_parts(value: Any) -> Any:
    """The parts of a content, or what else it is."""
    return cast("Draft", value).get("parts") if isinstance(value, dict) else value


def read_usage(usage: Draft, draft: Draft) -> None:
    """Gemini's counts, inclusive; what was not reported stays unknown."""
    if not usage:
        return
    given = [whole(usage.get(name)) for name in ("prompt_token_count", "tool_use_prompt_token_count")]
    made = [whole(usage.get(name)) for name in ("candidates_token_count", "thoughts_token_count")]
    if given[0] is not None:
        draft["input_tokens"] = sum(count or 0 for count in given)
    if made[0] is not None or made[1] is not None:
        draft["output_tokens"] = sum(count or 0 for count in made)
    settle(draft, "reasoning_tokens", made[1])
    settle(draft, "cache_read_tokens", whole(usage.get("cached_content_token_count")))
    settle(draft, "total_tokens", whole(usage.get("total_token_count")))
