"""Erasure: everything that was kept of a user, a tenant or a session goes, from rows, bodies and words.

The request is kept before anything is touched and is carried out again after a crash: every part of it may run
twice. Rows go last, for they tell which spans are meant. What is left of it is a keyed hash.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain

from trimtab.loop.store.model import ERASED_BY, Entry, Erased, Reached, Remains, Target, day_of
from trimtab.loop.store.names import Wiped, holding, total, words_in
from trimtab.loop.store.ports import Analytics, Journal, Row, Sound, State
from trimtab.loop.store.retain import scrub
from trimtab.vocabulary.kernel import Clock, Invalid

KEY = "erasure.key"
BODIES = 50
COLUMNS = {"user": '"user"', "tenant": "tenant", "session": "session"}
Cut = Callable[[Entry, Target], Remains | None]
"""A body without what is to be erased; None where nothing of it is in there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What an erasure works on.

    `cut` takes a target out of a body, `forget_day` has a day's words made again, `record` keeps the
    finished erasure where a restore does not reach, `sound` knows which documents could not be read any more.
    """

    journal: Journal
    analytics: Analytics
    state: State
    clock: Clock
    cut: Cut
    forget_day: Callable[[int], None]
    record: Callable[[Row], None]
    sound: Sound


def erasure_key(state: State) -> bytes:
    """The key of the hashes; made once, kept with the state, so that a restored store recognises them."""
    return bytes.fromhex(state.setting(KEY) or state.keep_setting(KEY, secrets.token_hex(32)))


def digest_of(key: bytes, project: str, what: str, value: str) -> str:
    """What is left of a request when it is done: nobody without the key can tell whom it was about."""
    named = json.dumps([project, what, value]).encode()
    return hmac.new(key, named, hashlib.sha256).hexdigest()


def request(sources: Sources, project: str, what: str, value: str, said: str = "") -> Row:
    """Keep a request, before anything is touched; `said` is the name before redaction, as people write it."""
    check_named(what, value)
    row: Row = {
        "id": f"erasure_{secrets.token_hex(6)}",
        "project": project,
        "what": what,
        "value": value,
        "digest": digest_of(erasure_key(sources.state), project, what, value),
        "upto": sources.journal.last(),
        "requested_ns": sources.clock.now_ns(),
        "finished_ns": None,
        "counts": "{}",
        "said": said if said != value else None,
    }
    sources.state.put_erasure(row)
    return row


def check_named(what: str, value: str) -> None:
    """Raise `Invalid` where nobody is named."""
    if what not in ERASED_BY or not value:
        raise Invalid("nobody is named", hint=f"name one of {', '.join(ERASED_BY)}")


def target_of(analytics: Analytics, row: Row, value: str) -> Target:
    """Every session in which the value is named, on the session itself or on any step of it."""
    column, params = COLUMNS[row["what"]], {"project": row["project"], "value": value}
    where = f"project = $project and {column} = $value"
    found = analytics.rows(
        f"select distinct session from steps where {where} union select session from sessions where {where}",
        params,
    )
    sessions = {str(r["session"]) for r in found}
    if row["what"] == "session":
        sessions.add(value)
    spans = analytics.rows(
        "select trace_id, span_id from steps where project = $project and body <= $upto"
        " and session in (select unnest($sessions::varchar[]))",
        {"project": row["project"], "upto": row["upto"], "sessions": sorted(sessions)},
    )
    keys = frozenset((r["trace_id"].bytes, int(r["span_id"])) for r in spans)
    return Target(
        project=row["project"],
        named=(row["what"], value),
        sessions=frozenset(sessions),
        spans=keys,
        traces=frozenset(trace_id for trace_id, _ in keys),
        upto=row["upto"],
    )


def preview(sources: Sources, project: str, what: str, value: str, said: str = "") -> Row:
    """What an erasure would remove, and where it would take the name out, without doing so."""
    check_named(what, value)
    analytics = sources.analytics
    row: Row = {"id": "", "project": project, "what": what, "upto": sources.journal.last(), "said": said}
    target = target_of(analytics, row, value)
    counts = analytics.rows(
        "with mine as (select unnest($sessions::varchar[]) as session) select"
        " (select count(*) from sessions semi join mine using (session) where project = $project) as sessions,"
        " (select count(*) from steps semi join mine using (session) where project = $project) as steps,"
        " (select count(distinct body) from steps semi join mine using (session) where project = $project)"
        " as bodies",
        {"project": project, "sessions": sorted(target.sessions)},
    )[0]
    reached = sources.state.forget(project, names_of(analytics, row, target), sources.sound, dry=True)
    return counts | {"named": sorted(target.sessions)[:100], "reached": reached.rows, "left": reached.left}


def names_of(analytics: Analytics, row: Row, target: Target) -> Wiped:
    """The names that go from what people and rules wrote; longer ones that hold them stay, unless they go as well."""
    names = tuple(name for name in (target.named[1], row.get("said")) if name)
    near = analytics.rows(
        "with mine as (select unnest($sessions::varchar[]) as session), other as"
        " (select * from sessions anti join mine using (session) where project = $project)"
        f" select {COLUMNS['tenant']} as name from other where contains({COLUMNS['tenant']}, $value)"
        f" union select {COLUMNS['user']} from other where contains({COLUMNS['user']}, $value)"
        f" union select {COLUMNS['session']} from other where contains({COLUMNS['session']}, $value)",
        {"project": target.project, "value": names[0], "sessions": sorted(target.sessions)},
    )
    return Wiped(
        names=names,
        mark=f"erased-{str(row['id'])[-6:]}",
        sessions=target.sessions - set(names),
        others=holding(names, [str(one["name"]) for one in near]),
    )


def carry_out(sources: Sources, row: Row, *, again: bool = False) -> Erased:
    """Erase what a request names; may be interrupted anywhere and carried out `again`.

    Bodies first and then rows: as long as the rows are there, they tell what has to go.
    """
    value = row["value"] if row["value"] is not None else recognise(sources, row)
    if value is None:
        return finish(sources, row, Erased(bytes_gone=True, note="nothing of it is in this store"))
    target = target_of(sources.analytics, row, value)
    names = names_of(sources.analytics, row, target)
    earlier = Erased(**json.loads(row["counts"]))
    rewritten, removed = erase_bodies(sources, target, again=again)
    noted = replace(
        earlier,
        sessions=max(earlier.sessions, len(target.sessions)),
        steps=max(earlier.steps, len(target.spans)),
        bodies_rewritten=earlier.bodies_rewritten + rewritten,
        bodies_removed=earlier.bodies_removed + removed,
    )
    noted = and_reached(noted, sources.state.forget(target.project, names, sources.sound))
    sources.state.put_erasure(row | {"counts": json.dumps(asdict(noted))})
    scrubbed = scrub(sources.journal)
    gone = sources.analytics.erase(target)
    compacted = sources.analytics.compact()
    # Once more: what was being written from rows that are gone now is written by now, or will see that they are.
    noted = and_reached(noted, sources.state.forget(target.project, names, sources.sound))
    note = "" if scrubbed and compacted else "a reader held some files: their bytes go when it lets them go"
    done = replace(
        noted,
        sessions=noted.sessions if again else gone["sessions"],
        steps=noted.steps if again else gone["steps"],
        facts=gone["facts"],
        bytes_gone=scrubbed and compacted,
        note=note,
    )
    return finish(sources, row, done)


def and_reached(erased: Erased, found: Reached) -> Erased:
    """With what another pass over the state took out; what is left is what is left now."""
    return replace(erased, reached=total(erased.reached, found.rows), left=found.left)


def finish(sources: Sources, row: Row, done: Erased) -> Erased:
    """Keep what was done, and forget for whom."""
    kept = row | {
        "value": None,
        "said": None,
        "finished_ns": sources.clock.now_ns(),
        "counts": json.dumps(asdict(done)),
    }
    sources.record(kept)
    sources.state.put_erasure(kept)
    scrub(sources.state)
    return done


def erase_bodies(sources: Sources, target: Target, *, again: bool) -> tuple[int, int]:
    """Take the target out of every body up to its position; gives how many were rewritten and removed.

    All bodies of the project are looked at, not only those that steps point at: a span may have come twice.
    The words of a touched day are made again; of every day where an interrupted run may have touched any.
    """
    after, rewritten, removed = 0, 0, 0
    days = {day for day in sources.journal.days() if again and day <= day_of(target.upto)}
    while after < target.upto and (entries := sources.journal.read(after, BODIES)):
        after = entries[-1].position
        cuts = [
            (entry.position, found)
            for entry in entries
            if entry.project == target.project
            and entry.position <= target.upto
            and (found := sources.cut(entry, target)) is not None
        ]
        # First the pointers: while a body is whole a later run finds it again, and points anew.
        sources.analytics.renumber({position: found.spans for position, found in cuts})
        for position, found in cuts:
            sources.journal.rewrite(position, found.body)
        days |= {day_of(position) for position, _ in cuts}
        removed += sum(found.body is None for _, found in cuts)
        rewritten += sum(found.body is not None for _, found in cuts)
    for day in days:
        sources.forget_day(day)
    return rewritten, removed


def recognise(sources: Sources, row: Row) -> str | None:
    """Whom a request was about, of which only the hash is left: the value in this store that has this hash."""
    key = erasure_key(sources.state)
    column = COLUMNS[row["what"]]
    values = sources.analytics.rows(
        f"select {column} as value from steps where project = $project"
        f" union select {column} from sessions where project = $project"
        + (" union select session from facts where project = $project" if row["what"] == "session" else ""),
        {"project": row["project"]},
    )
    words = words_in(sources.state.texts(row["project"]))
    for value in chain((str(found["value"]) for found in values), words):
        if hmac.compare_digest(digest_of(key, row["project"], row["what"], value), row["digest"]):
            return value
    return None


def unfinished(state: State) -> list[Row]:
    """Requests that a crash, or a restore of an older backup, left undone."""
    return [row for row in state.erasures() if row["finished_ns"] is None]


def adopt(sources: Sources, recorded: Sequence[Row]) -> list[Row]:
    """Erasures on record of which this state knows nothing: it is older than they are, so they are due again."""
    known = {row["id"] for row in sources.state.erasures()}
    due: list[Row] = []
    for row in recorded:
        if row["id"] in known:
            continue
        again = row | {
            "value": None,
            "said": None,
            "finished_ns": None,
            "counts": "{}",
            "upto": sources.journal.last(),
        }
        sources.state.put_erasure(again)
        due.append(again)
    return due
