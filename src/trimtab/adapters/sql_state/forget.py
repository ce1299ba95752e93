"""Takes somebody's names out of the state: the rows stay and mean the same, of somebody who is no longer named."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import orjson
import sqlalchemy as sa

from trimtab.adapters.sql_state.alerts import digest_of
from trimtab.adapters.sql_state.tables import (
    ACKNOWLEDGEMENTS,
    ALERT_GROUPS,
    ALERT_RULES,
    ALERTS,
    APPROVALS,
    ATTEMPTS,
    AUDIT,
    CHECKPOINTS,
    CONTROL_VERSIONS,
    DIRECTIVES,
    INCIDENT_EVENTS,
    INCIDENTS,
    KEYS,
    LEASES,
    OUTBOX,
    REPLIES,
    SETTINGS,
    SILENCES,
)
from trimtab.loop.alert import Alert, dedup_key, unpack_group
from trimtab.loop.store import Reached, Sound, Wiped

Kind = Literal["text", "name", "json", "names"]
Values = dict[str, Any]
ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A table in which somebody may be named: what its rows are called, and how each column names them."""

    called: str
    table: sa.Table
    columns: Mapping[str, Kind]

    def wiped(self, row: Values, names: Wiped) -> Values:
        """The columns of a row that change, with what they say then."""
        found = {column: wipe(row[column], kind, names) for column, kind in self.columns.items()}
        return {column: value for column, value in found.items() if value != row[column]}


PLACES = (
    Place(called="keys", table=KEYS, columns={"name": "text"}),
    Place(
        called="alerts",
        table=ALERTS,
        columns={"fingerprint": "name", "labels": "names", "annotations": "json"},
    ),
    Place(called="rules", table=ALERT_RULES, columns={"name": "name", "state": "json"}),
    Place(called="groups", table=ALERT_GROUPS, columns={"name": "name", "state": "json"}),
    Place(called="silences", table=SILENCES, columns={"matchers": "names", "comment": "text"}),
    Place(called="acknowledgements", table=ACKNOWLEDGEMENTS, columns={"name": "name", "note": "text"}),
    Place(
        called="messages",
        table=OUTBOX,
        columns={"receiver": "name", "name": "name", "message": "json", "reason": "text"},
    ),
    Place(called="attempts", table=ATTEMPTS, columns={"receiver": "name", "name": "name", "reason": "text"}),
    Place(called="incidents", table=INCIDENTS, columns={"state": "json"}),
    Place(called="incident events", table=INCIDENT_EVENTS, columns={"said": "json"}),
    Place(
        called="directives",
        table=DIRECTIVES,
        columns={
            "id": "name",
            "what": "name",
            "agent": "name",
            "environment": "name",
            "reason": "text",
            "undone_why": "text",
        },
    ),
    Place(called="approvals", table=APPROVALS, columns={"state": "json"}),
    Place(called="audit entries", table=AUDIT, columns={"target": "text"}),
)
"""What else the state holds names no user or tenant of an agent: projects, people who sign in, roles, leases, retention."""


def forget(con: sa.Connection, project: str, names: Wiped, sound: Sound, *, dry: bool = False) -> Reached:
    """Take names out of every table, within the transaction of `con`; `dry` only counts."""
    if not dry:
        alone(con)
    names.renamed.update(renamed(con, project, names))
    rows: dict[str, int] = {}
    for place in PLACES:
        changed = list(found_in(con, place, project, names))
        if changed:
            rows[place.called] = len(changed)
        for row, values in changed if not dry else ():
            write(con, place.table, row, follow(place.table, row, values))
    if "directives" in rows and not dry:  # the document says other words now: it is another version
        con.execute(
            sa.update(CONTROL_VERSIONS).where(CONTROL_VERSIONS.c.project == project).values(digest="")
        )
    replies = wipe_replies(con, names, dry=dry)
    settings, left = wipe_settings(con, project, names, sound, dry=dry)
    rows |= {name: n for name, n in (("answers", replies), ("settings", settings)) if n}
    stay = {"documents": left, "witnessed checkpoints": witnessed(con, project, names)}
    return Reached(rows=rows, left={name: n for name, n in stay.items() if n})


def alone(con: sa.Connection) -> None:
    """Nobody writes until this transaction ends, and whoever decides on what was read before decides again."""
    if con.dialect.name == "postgresql":
        held = ", ".join(one.table.name for one in PLACES)
        con.execute(sa.text(f"lock table lease, {held}, reply, setting in share row exclusive mode"))
    con.execute(sa.update(LEASES).values(until_ns=0))


def wipe(value: Any, kind: Kind, names: Wiped) -> Any:
    """What a column says without the names."""
    if kind == "text":
        return names.text(value)
    return names.name(value) if kind == "name" else names.packed(value, names=kind == "names")


def found_in(con: sa.Connection, place: Place, project: str, names: Wiped) -> Iterator[tuple[Values, Values]]:
    """The rows of a table that name somebody, and what changes of them."""
    for row in read(con, place.table, place.table.c.project == project):
        values = place.wiped(row, names)
        if values:
            yield row, values


def read(con: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> Iterator[Values]:
    """Rows, some at a time."""
    found = con.execute(sa.select(table).where(*where).execution_options(yield_per=ROWS))
    for some in found.mappings().partitions():
        yield from (dict(row) for row in some)


def follow(table: sa.Table, row: Values, values: Values) -> Values:
    """What else changes in a row: the digest of its name, its version, when it ends."""
    if table in (ALERT_RULES, ALERT_GROUPS) and "name" in values:
        return values | {"digest": digest_of(values["name"])}
    if table is APPROVALS:
        return values | approval_of(row, values["state"])
    return values


def approval_of(row: Values, state: str) -> Values:
    """A request whose user is no longer known is over, for nobody can tell any more whether they answer it themselves."""
    request, before = orjson.loads(state), orjson.loads(row["state"])
    request["version"] = row["version"] + 1
    if request["user"] != before["user"]:
        request["until_ns"] = min(request["until_ns"], request["made_ns"])
    return {"state": orjson.dumps(request).decode(), "version": request["version"]}


def write(con: sa.Connection, table: sa.Table, row: Values, values: Values) -> None:
    """Change a row; one whose new key is taken goes, for it means the same as the one that has it."""
    key = [column.name for column in table.primary_key]
    mine = sa.and_(*(table.c[name] == row[name] for name in key))
    if any(name in values for name in key):
        after = row | values
        taken = sa.select(sa.literal(1)).select_from(table).where(*(table.c[n] == after[n] for n in key))
        if con.execute(taken).first() is not None:
            con.execute(sa.delete(table).where(mine))
            return
    con.execute(sa.update(table).where(mine).values(**values))


def renamed(con: sa.Connection, project: str, names: Wiped) -> dict[str, str]:
    """Identifiers that were computed of a name: fingerprints of alerts, keys of pages; and what they are from now on."""
    found: dict[str, str] = {}
    known: set[str] = set()
    for row in read(con, ALERTS, ALERTS.c.project == project):
        found |= fingerprint_of(project, orjson.loads(row["labels"]), names)
        known.add(row["fingerprint"])
    for row in read(con, ALERT_GROUPS, ALERT_GROUPS.c.project == project):
        group = unpack_group(row["state"])
        for one in group.alerts.values():
            found |= fingerprint_of(project, one.labels, names)
        after = unpack_group(names.packed(row["state"]))
        known |= {dedup_key(group), *group.alerts}
        if after.key != group.key:
            found[dedup_key(group)] = dedup_key(after)
    for row in read(con, INCIDENTS, INCIDENTS.c.project == project):
        if names.packed(row["state"]) != row["state"]:
            found |= past(orjson.loads(row["state"]), known | set(found))
    return found


def fingerprint_of(project: str, labels: Mapping[str, str], names: Wiped) -> dict[str, str]:
    """The fingerprint of an alert before and after; nothing where its labels name nobody."""
    after = cast("dict[str, str]", names.value(dict(labels), names=True))
    if after == labels:
        return {}
    before = Alert(project=project, labels=labels, starts_ns=0).fingerprint
    return {before: Alert(project=project, labels=after, starts_ns=0).fingerprint}


def past(incident: Values, known: set[str]) -> dict[str, str]:
    """Identifiers of alerts that are gone, in an incident that names somebody: anything takes their place."""
    members = {one["fingerprint"] for one in incident["members"]} - known
    pages = set(incident["pages"]) - known
    found = {name: secrets.token_hex(8) for name in members}
    return found | {page: f"trimtab-{secrets.token_hex(8)}-{page.rpartition('-')[2]}" for page in pages}


def wipe_replies(con: sa.Connection, names: Wiped, *, dry: bool) -> int:
    """Answers that stand for an idempotency key; they belong to whoever asked, not to a project."""
    count = 0
    for row in list(read(con, REPLIES)):
        try:
            said = row["body"].decode()
        except UnicodeDecodeError:
            continue
        after = names.packed(said)
        if after != said:
            count += 1
            if not dry:
                write(con, REPLIES, row, {"body": after.encode()})
    return count


def wipe_settings(
    con: sa.Connection, project: str, names: Wiped, sound: Sound, *, dry: bool
) -> tuple[int, int]:
    """The documents of a project: how many changed, and how many stay because nobody could read them otherwise."""
    held = {row["name"]: row["value"] for row in read(con, SETTINGS) if is_of(row["name"], project)}
    after = {name: names.packed(value, names=True) for name, value in held.items()}
    changed = {name for name, value in held.items() if after[name] != value}
    left = changed & set(sound(project, after)) if changed else set[str]()
    for name in sorted(changed - left) if not dry else ():
        con.execute(sa.update(SETTINGS).where(SETTINGS.c.name == name).values(value=after[name]))
    return len(changed - left), len(left)


def is_of(name: str, project: str) -> bool:
    """Whether a setting is a project's: `views.PROJECT`, `forward.reached.PROJECT/NAME`."""
    return name.endswith(f".{project}") or f".{project}/" in name


def witnessed(con: sa.Connection, project: str, names: Wiped) -> int:
    """Checkpoints under a name that is to go: they are signed, so that nothing in them can change."""
    mine = CHECKPOINTS.c.project == project
    return sum(names.text(row["origin"]) != row["origin"] for row in read(con, CHECKPOINTS, mine))


def texts(con: sa.Connection, project: str) -> Iterable[str]:
    """All that is said in the tables of a project, string by string."""
    for place in PLACES:
        for row in read(con, place.table, place.table.c.project == project):
            for column in place.columns:
                yield from strings(row[column])
    for row in read(con, SETTINGS):
        if is_of(row["name"], project):
            yield from strings(row["value"])


def strings(said: str) -> Iterable[str]:
    """The strings in JSON, or the text itself."""
    try:
        yield from strings_in(orjson.loads(said))
    except orjson.JSONDecodeError:
        yield said


def strings_in(held: object) -> Iterable[str]:
    """Every string of a value, names of fields too."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict):
        for name, one in cast("dict[str, object]", held).items():
            yield name
            yield from strings_in(one)
    elif isinstance(held, list):
        for one in cast("list[object]", held):
            yield from strings_in(one)
