"""What goes into the settings of Claude Code."""

import json
import shlex
from typing import Any

EVENTS = (
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "Notification",
    "PreCompact",
    "SubagentStop",
    "Stop",
    "SessionEnd",
)
OF_TOOLS = ("PreToolUse", "PostToolUse", "PostToolUseFailure")
TIMEOUT_S = 30
"""Longer than a hook ever waits for another: Claude Code goes on without one that it had to end."""


def snippet(contract: str, *, permits: bool) -> str:
    """The hooks of `.claude/settings.json`, as JSON."""
    words = ["trimtab", "hook", "claude-code", "--contract", contract, *(["--permit"] if permits else [])]
    hook = {"type": "command", "command": shlex.join(words), "timeout": TIMEOUT_S}
    found: dict[str, list[dict[str, Any]]] = {
        event: [{**({"matcher": "*"} if event in OF_TOOLS else {}), "hooks": [hook]}] for event in EVENTS
    }
    return json.dumps({"hooks": found}, indent=2)
