"""What is sealed beside the logs: opened, or forgotten."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from trimtab.edge.audit import MakeKey, Said, Writer, open_payloads, read_logs
from trimtab.vocabulary.audit import Vault
from trimtab.vocabulary.kernel import Invalid, Missing, SystemClock, Unavailable


def unsealed(folder: Path, vault: Vault, who: str | None) -> Iterator[str]:
    """The payloads as JSON, `args` null where the key is gone."""
    for one in open_payloads(folder, vault):
        if who is None or one.who == who:
            args = None if one.content is None else json.loads(one.content)
            yield json.dumps({"id": one.id, "who": one.who, "args": args}, ensure_ascii=False)


def forget_subject(folder: Path, vault: Vault, who: str, make_key: MakeKey) -> None:
    """Destroy the key of a subject, and have that on disk as an entry; raises `Missing` where there is no such key.

    The entry comes first: a key that is gone untold would look like a loss.
    """
    if not re.fullmatch(r"[0-9a-f]{32}", who):
        raise Invalid(f"{who} is no subject of a log", hint="name one as `who` stands in entries")
    agent = read_logs(folder)[0].origin.partition("/")[0] or "agent"
    clock = SystemClock()
    log = Writer(folder, agent, clock, make_key=make_key)
    why = log.write(Said(clock.now_ns(), "subject.forgotten", {"actor": "human", "who": who, "agent": agent}))
    log.close()
    if why:
        raise Unavailable(f"nothing was forgotten: {why}")
    if not vault.forget(who):
        raise Missing(f"there is no key of {who}", hint="name a subject as `who` stands in entries")
