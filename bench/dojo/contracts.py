"""The contracts of the AgentDojo suites: what `trimtab contract init` prints, and the owner's change on top of it."""

from pathlib import Path
from typing import Any, cast

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "contracts" / "agentdojo"
SUITES = ("banking", "slack", "travel", "workspace")


def changed(base: Any, change: Any) -> Any:
    """A document after a merge patch (RFC 7396): mappings are merged, null removes, everything else replaces."""
    if not isinstance(change, dict):
        return change
    found = dict(cast("dict[str, Any]", base)) if isinstance(base, dict) else dict[str, Any]()
    for name, value in cast("dict[str, Any]", change).items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = changed(found.get(name), value)
    return found


def contract_text(suite: str, change: str | None = None) -> str:
    """The contract of a suite: proposed, then changed by its owner, or by another change."""
    base = (FOLDER / f"{suite}.init.yaml").read_text(encoding="utf-8")
    if change is None:
        change = (FOLDER / f"{suite}.change.yaml").read_text(encoding="utf-8")
    merged = changed(yaml.safe_load(base), yaml.safe_load(change))
    return yaml.safe_dump(merged, sort_keys=False, allow_unicode=True, width=10_000)
