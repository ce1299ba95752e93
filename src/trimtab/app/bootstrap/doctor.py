"""The doctor: what it checks is data (checks.yaml), how it checks stands here."""

import shutil
import sqlite3
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from trimtab.adapters.sql_state import place_of
from trimtab.app.bootstrap.server import Server
from trimtab.loop.sli import coverage
from trimtab.loop.store import DAY_NS, Scope
from trimtab.vocabulary.kernel import TrimtabError

Json = dict[str, Any]
FREE_BYTES = 1_000_000_000
LATE_S = 3 * 3600
UNSEEN_S = 300
BLIND_SHARE = 0.5
WAITS_S = 600
SIGHT_DAYS = 7


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Json]:
    """Every check by its id: title, why it matters, where the rule is from, what to do."""
    text = files("trimtab.app.bootstrap").joinpath("checks.yaml").read_text(encoding="utf-8")
    return {str(one["id"]): one for one in yaml.load_all(text, yaml.CSafeLoader)}


def check(found: str, severity: str, detail: str, of: str = "") -> Json:
    """One line of the doctor; `of` is what was looked at, where there are several."""
    known = catalogue()[found]
    return {
        "id": found,
        "check": f"{known['title']} {of}".strip(),
        "severity": severity,
        "detail": detail,
        "fix": "" if severity == "ok" else known["fix"],
    }


def diagnose(server: Server, project: str) -> list[Json]:
    """Checks of the store, from the disk upwards, and of what a project reports."""
    data = server.settings.data
    return [
        check_disk(data),
        check_permissions(data),
        check_state(server),
        *check_issuer(server),
        *(check_day(path) for path in sorted((data / "journal").glob("*.sqlite"))),
        *check_applier(server),
        check_text(server),
        *check_retention(server),
        *check_destinations(server, project),
        *check_promises(server, project),
        *check_rows(server),
        *check_sight(server, project),
    ]


def check_disk(data: Path) -> Json:
    """There must be room to write."""
    free = shutil.disk_usage(data).free
    return check("disk", "ok" if free > FREE_BYTES else "warning", f"{free / 1e9:.1f} GB free at {data}")


def check_permissions(data: Path) -> Json:
    """The owner's key must be readable by the user alone."""
    mode = (data / "owner.key").stat().st_mode & 0o077
    said = "readable by others" if mode else "readable by you alone"
    return check("owner_key", "error" if mode else "ok", said)


def check_state(server: Server) -> Json:
    """What keeps keys, people and promises must answer, and keep what it is told."""
    settings = server.settings
    place = place_of(settings.state_url) if settings.state_url else "state.sqlite"
    try:
        answer = server.state.check()
    except TrimtabError as error:
        answer = error.message
    return check("state", "ok" if answer == "ok" else "error", f"{place}: {answer}")


def check_issuer(server: Server) -> list[Json]:
    """Where people sign in at another system, it must answer."""
    outside = server.access.outside
    if outside is None:
        return []
    answer = outside.provider.check()
    return [check("issuer", "ok" if answer == "ok" else "error", f"{server.settings.oidc_issuer}: {answer}")]


def check_day(path: Path) -> Json:
    """SQLite's own check of one day of the journal."""
    con = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        answer = str(con.execute("pragma quick_check").fetchone()[0])
        count = con.execute("select count(*) from entry").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer, count = str(error), "?"
    finally:
        con.close()
    return check("journal", "ok" if answer == "ok" else "error", f"{count} entries, {answer}", path.stem)


def check_applier(server: Server) -> list[Json]:
    """The rows must follow the journal, and every entry must be readable."""
    applier = server.applier
    behind = max(server.journal.last() - applier.position, 0)
    said = applier.trouble or f"{behind} journal entries wait"
    skipped = f"{applier.skipped} entries could not be decoded"
    return [
        check("applied", "error" if applier.trouble else "ok", said),
        check("decoded", "error" if applier.skipped else "ok", skipped),
    ]


def check_text(server: Server) -> Json:
    """The words must follow the journal, after the rows; what is broken is made again."""
    broken = {day: answer for day, answer in server.text.check().items() if answer != "ok"}
    if broken:
        return check(
            "text_index", "error", ", ".join(f"{date_of(day)}: {said}" for day, said in broken.items())
        )
    behind = server.indexer.behind()
    return check("text_index", "ok", f"{len(server.text.days())} days, {behind} journal entries wait")


def date_of(day: int) -> str:
    """A day as a date."""
    return datetime.fromtimestamp(day * 86_400, tz=UTC).strftime("%Y-%m-%d")


def check_retention(server: Server) -> list[Json]:
    """Retention must have run lately, and no erasure may be left undone."""
    passed = server.keeper.last_pass()
    undone = [row for row in server.state.erasures() if row["finished_ns"] is None]
    found = [check("erasure", "error", f"{len(undone)} not finished")] if undone else []
    if passed is None:
        return [*found, check("retention", "ok", "no pass yet")]
    age_s = (server.clock.now_ns() - int(passed["at_ns"])) / 1e9
    removed = sum(n for kinds in passed["removed"].values() for n in kinds.values())
    said = f"last pass {age_s / 60:.0f} min ago removed {removed} bodies and rows"
    return [*found, check("retention", "warning" if age_s > LATE_S else "ok", said)]


def check_destinations(server: Server, project: str) -> list[Json]:
    """What is handed on must arrive."""
    found: list[Json] = []
    for one in server.forwarder.status(project):
        late = (one["waits_s"] or 0) > WAITS_S
        said = f"{one['sent']} bodies sent, {one['refused']} refused"
        said += f", the next waits {one['waits_s']:,.0f} s: {one['reason']}" if late else ""
        found.append(check("forward", "warning" if late or one["refused"] else "ok", said, one["name"]))
    return found


def check_promises(server: Server, project: str) -> list[Json]:
    """What is promised must be looked at, and what people are told must reach them."""
    watched = server.watched
    found: list[Json] = []
    if why := watched.watch.trouble.get(project):
        found.append(check("promises", "error", why))
    elif watched.applied(project).at_ns and watched.watch.looked_ns:
        age_s = (server.clock.now_ns() - watched.watch.looked_ns) / 1e9
        said = f"looked at {age_s:,.0f} s ago"
        found.append(check("promises", "error" if age_s > UNSEEN_S else "ok", said))
    lost = [one for standing in ("refused", "dead") for one in watched.alerts.queued(project, standing)]
    if lost:
        said = f"{len(lost)} were refused or given up, the latest for {lost[0].message.receiver}: {lost[0].reason}"
        found.append(check("messages", "warning", said))
    return found


def check_rows(server: Server) -> list[Json]:
    """There should be sessions, and prices for their calls."""
    row = server.analytics.rows(
        "select count(*) as n, sum(unpriced)::bigint as unpriced, sum(llm_calls)::bigint as calls from sessions"
    )[0]
    if not row["n"]:
        return [check("data", "warning", "no session yet")]
    if row["unpriced"]:
        said = f"{row['unpriced']} of {row['calls']} model calls have no known price"
        return [check("prices", "warning", said)]
    return []


def check_sight(server: Server, project: str) -> list[Json]:
    """Most of what an agent does should be seen."""
    since_ns = server.clock.now_ns() - SIGHT_DAYS * DAY_NS
    found = coverage(server.analytics, Scope(project=project, since_ns=since_ns))
    dark = [spot for spot in found["blind_spots"] if spot["share"] > BLIND_SHARE]
    if not dark:
        return []
    worst = dark[0]
    said = f"{len(dark)} of the last {SIGHT_DAYS} days, the worst: {worst['hidden']} ({worst['agent'] or 'unnamed'})"
    return [check("blind_spots", "warning", said)]
