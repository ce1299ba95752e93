"""Logs shown to a server, which signs what it has seen of them."""

from pathlib import Path
from typing import Any

from trimtab.app.cli.desk import Desk
from trimtab.edge.audit import Shown, folders_of, show

Json = dict[str, Any]


def show_to(desk: Desk, folder: Path) -> list[Json]:
    """Of each log of a folder: what the server says to its last checkpoint."""
    return [told(show(desk, one)) for one in folders_of(folder)]


def told(shown: Shown) -> Json:
    """What was said, as it is printed."""
    found = {"log": shown.log, "says": shown.says, "forked": shown.refused == "forked"}
    return found | ({"witness": shown.witness} if shown.witness else {})
