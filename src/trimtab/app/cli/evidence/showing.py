"""Logs shown to a server, which signs what it has seen of them."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from trimtab.app.cli.desk import Desk
from trimtab.edge.audit import WITNESSED, Found, read_logs
from trimtab.vocabulary.audit import leaf_hash, prove_growth, read_checkpoint, read_note
from trimtab.vocabulary.kernel import TrimtabError

Json = dict[str, Any]
REFUSED = frozenset({"forked", "other_key", "older"})


def show_to(desk: Desk, folder: Path) -> list[Json]:
    """Of each log of a folder: what the server says to its last checkpoint."""
    return [show_one(desk, one) for one in read_logs(folder)]


def show_one(desk: Desk, found: Found) -> Json:
    """Show the last checkpoint of a log, with the proof that it grew from the one that the server has seen."""
    notes = {read_checkpoint(read_note(one).text).size: one for one in found.notes}
    if not notes or found.key is None:
        return {"log": found.origin, "says": "nothing is signed yet", "forked": False}
    size = max(notes)
    path = f"/api/v1/audit/logs/{quote(found.origin)}/checkpoints"
    seen = [one["size"] for one in desk.get(path)["checkpoints"] if not one["contradicts"]]
    before = max(seen, default=0)
    leaves = [leaf_hash(line) for lines in found.segments for line in lines][:size]
    proof = prove_growth(leaves, before) if 0 < before <= len(leaves) else []
    body = {"key": str(found.key), "note": notes[size], "proof": [one.hex() for one in proof]}
    try:
        answer = desk.post(path, body)
    except TrimtabError as error:
        if error.code not in REFUSED:
            raise
        return {"log": found.origin, "says": f"refused: {error.message}", "forked": error.code == "forked"}
    keep(found.folder / WITNESSED, answer["note"])
    return {
        "log": found.origin,
        "says": f"{answer['size']} entries seen by {answer['witness']}",
        "forked": False,
        "witness": answer["witness"],
    }


def keep(file: Path, note: str) -> None:
    """Keep a note that the server has signed, once."""
    raw = f"{note}\n".encode()
    if file.is_file() and raw in file.read_bytes():
        return
    with file.open("ab") as kept:
        kept.write(raw)
        kept.flush()
        os.fsync(kept.fileno())
