"""Results as text that is kept; a result that is no JSON must not undo what happened."""

import json
from typing import Any


def as_text(value: Any) -> str:
    """A value as JSON; what JSON does not know is kept as it prints."""
    try:
        return json.dumps(value, default=str)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(str(value)[:10_000])
