"""What a tool seems to do to the world, by its server's hints and the words of its name."""

from collections.abc import Mapping

from trimtab.vocabulary.contract.compare.recorded import ToolSchema
from trimtab.vocabulary.contract.compare.roles import words_of
from trimtab.vocabulary.contract.model import Effect

VERBS: Mapping[Effect, frozenset[str]] = {
    "irreversible": frozenset(
        [
            "book",
            "buy",
            "cancel",
            "charge",
            "close",
            "delete",
            "deploy",
            "destroy",
            "drop",
            "execute",
            "pay",
            "post",
            "publish",
            "purchase",
            "purge",
            "refund",
            "remove",
            "reserve",
            "run",
            "send",
            "submit",
            "transfer",
            "wire",
        ]
    ),
    "read": frozenset(
        [
            "browse",
            "calculate",
            "check",
            "count",
            "describe",
            "download",
            "explain",
            "fetch",
            "find",
            "get",
            "has",
            "is",
            "list",
            "look",
            "lookup",
            "open",
            "query",
            "read",
            "retrieve",
            "search",
            "select",
            "show",
            "think",
            "view",
        ]
    ),
    "idempotent_write": frozenset(
        [
            "assign",
            "edit",
            "modify",
            "move",
            "put",
            "rename",
            "replace",
            "reschedule",
            "set",
            "share",
            "update",
            "upsert",
        ]
    ),
    "unkeyed_write": frozenset(
        ["add", "append", "create", "insert", "invite", "make", "new", "schedule", "start", "upload", "write"]
    ),
}
WEB = frozenset(["browse", "fetch", "http", "url", "web", "webpage"])
"""What reads from elsewhere by an address, which can carry data out."""
OUTWARD = WEB | frozenset(
    [
        "email",
        "invite",
        "mail",
        "post",
        "publish",
        "request",
        "send",
        "share",
        "upload",
    ]
)


def effect_of(tool: ToolSchema) -> tuple[Effect, str]:
    """The effect that a tool seems to have, and why."""
    for hint, effect in (("readOnlyHint", "read"), ("idempotentHint", "idempotent_write")):
        if tool.hints.get(hint):
            return ("read" if effect == "read" else "idempotent_write"), f"its server says {hint}"
    if tool.hints.get("destructiveHint"):
        return "irreversible", "its server says destructiveHint"
    for word in words_of(tool.name):
        for effect, verbs in VERBS.items():
            if word in verbs:
                return effect, f"its name says {word}"
    return "irreversible", "nothing says what it does, so the worst is assumed"


def outward(tool: ToolSchema) -> bool:
    """Whether a tool seems able to carry data out; what only reads does so where it is told an address."""
    words = WEB if effect_of(tool)[0] == "read" else OUTWARD
    return bool(tool.hints.get("openWorldHint")) or bool(words & set(words_of(tool.name)))
