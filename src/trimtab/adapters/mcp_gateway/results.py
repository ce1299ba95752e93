"""Results of MCP as a contract sees them, and back.

A contract sees fields where there are any (structured content, or one text that is JSON), else text. What stands beside the fields
is a stranger's word as well, and is remembered as one.
"""

import json
from collections.abc import Iterable
from typing import Any

from mcp_types import CallToolResult, ContentBlock, TextContent

from trimtab.edge.sdk import Stopped, framework

STATUS, REASONS, KEY = "trimtab/status", "trimtab/reasons", "trimtab/key"


class Answered:
    """A server's result; its plain form is what a contract sees of it."""

    __slots__ = ("_seen", "result")

    def __init__(self, result: CallToolResult) -> None:
        """Keep it as it came."""
        self.result = result
        self._seen = seen_of(result)

    def model_dump(self) -> Any:
        """What a contract sees."""
        return self._seen

    def beside(self) -> list[str]:
        """The texts that are not in what a contract sees."""
        if self.result.structured_content is None:
            return []
        return [
            text for text in texts_of(self.result.content) if parsed(text) != self.result.structured_content
        ]


def seen_of(result: CallToolResult) -> Any:
    """The fields or the text of a result."""
    if result.structured_content is not None:
        return result.structured_content
    if all(isinstance(one, TextContent) for one in result.content):
        text = "\n".join(texts_of(result.content))
        found = parsed(text) if len(result.content) == 1 else None
        return found if isinstance(found, dict | list) else text
    return [block_of(one) for one in result.content]


def block_of(block: ContentBlock) -> dict[str, Any]:
    """A part of a result without its bytes."""
    found = block.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"meta", "annotations"})
    for holder in (found, found.get("resource")):
        if isinstance(holder, dict):
            for name in ("data", "blob"):
                if name in holder:
                    holder[name] = f"<{len(holder[name])} characters>"
    return found


def texts_of(content: Iterable[ContentBlock]) -> list[str]:
    """The texts of a result, also those of resources and links in it."""
    found: list[str] = []
    for block in content:
        plain = block.model_dump(mode="json", exclude_none=True)
        inner = plain.get("resource") or {}
        said = (plain.get("text"), inner.get("text"), inner.get("uri"), plain.get("uri"), plain.get("name"))
        found += [str(one) for one in (*said, plain.get("description")) if one]
    return found


def parsed(text: str) -> Any:
    """A text as JSON, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def made_of(value: Any) -> CallToolResult:
    """A plain value as a result: what a contract masked, a ledger remembered, or what stood in."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    fields: Any = value if isinstance(value, dict) else None
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=fields)


def stopped(error: Stopped, said: CallToolResult | None = None) -> CallToolResult:
    """What the contract stopped, as a tool's error in words; `said` is what the server answered, where it did."""
    decision = error.decision
    codes = [one.code for one in decision.reasons] if decision else []
    meta: dict[str, Any] = {STATUS: error.status, REASONS: list(dict.fromkeys([*codes, error.code]))}
    if error.outcome is not None and error.outcome.key:
        meta[KEY] = error.outcome.key
    return refused(error.message, meta, said)


def refused(
    message: str, meta: dict[str, Any] | None = None, said: CallToolResult | None = None
) -> CallToolResult:
    """A tool's error in words."""
    content: list[ContentBlock] = [TextContent(type="text", text=message)]
    return CallToolResult(
        content=[*content, *(said.content if said else ())], is_error=True, _meta=meta or {STATUS: "failed"}
    )


def remember(name: str, texts: list[str]) -> None:
    """Let the session know these texts as what this tool said."""
    under, contract = framework.under(), framework.contract()
    if texts and under is not None and contract is not None:
        under.session.provenance.read(contract.tools.get(name), texts, name=name)
