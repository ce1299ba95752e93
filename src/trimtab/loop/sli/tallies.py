"""Tallies: what sessions that closed in a period of four hours count, added up where a question holds the period whole.

What a question cuts, what has changed since, and what is not tallied is counted from the rows, as everything could be. Tallied
are the built-in indicators of sessions and steps. Facts are not: one about a trace may move to another session unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from trimtab.loop.sli.basis import Basis
from trimtab.loop.sli.count import SPREADS, count_sessions, key_of, together
from trimtab.loop.sli.define import built_in
from trimtab.loop.sli.measure import Answer, answer
from trimtab.loop.sli.minutes import digest
from trimtab.loop.sli.model import Counts, Definition
from trimtab.loop.sli.question import Question, asked_of, where_of
from trimtab.loop.sli.room import NOW, Ours, text
from trimtab.loop.store import CLOSED, PERIOD, PERIOD_NS, Analytics, Row, Rows, Scope, TallyRow

SPLIT = ("agent", "environment", "bundle")
"""The cohort dimensions that tallies keep apart; a question about any other is answered from the rows."""
QUIET_NS = 3600 * 1_000_000_000
"""A period is tallied once it has been over for an hour: most late spans have come by then."""
AT_ONCE = 30
"""So many periods are counted in one go: five days."""
TICKETS = "select exists (from facts where project = $project and kind = 'ticket' and session <> '') as any_"
TALLIED = (
    "select period, built_ns from tallied where project = $project and form = $form and built_ns <= $now"
)
MISSING = f"""
select distinct {PERIOD.format(ns=f"({CLOSED})")} as period from sessions
where project = $project and ({CLOSED}) < $before and {PERIOD.format(ns=f"({CLOSED})")} not in (
  select period from tallied where project = $project and form = $form and built_ns is not null)
order by period desc limit {AT_ONCE}
"""
HELD = f""" anti join (select unnest({{periods}}) as period, unnest({{built}}) as built_ns) as held
  on held.period = {PERIOD.format(ns="coalesce(pinned_ns, close_ns)")}
  and (pinned_ns is not null or settle_ns <= held.built_ns)"""
"""Takes away the sessions that the tallies in use hold: those that were closed when these were counted."""
SUMS = ("events", "good", "bad", "excluded", "n", "squares", "per")
ADDED = f"""select {{keys}}name, method, label, bucket, {", ".join(f"sum({one}) as {one}" for one in SUMS)},
  coalesce(sum(events) filter (period < {{ripe}}), 0) as matured, sum(total) as total
from tallies as sessions where project = {{project}} and period between {{first}} and {{last}} and period in ({{periods}}) and name in ({{names}}){{where}}
group by {{keys}}name, method, label, bucket"""
TOOLS = ""
"""The name under which the calls of each tool are kept."""
SESSIONS = "#"
"""The name under which the counts of sessions are kept: no indicator's."""
NOTHING = (0, 0, 0, 0, None, 0.0, 0)
"""What a row holds beside the events of a bucket or a count."""
NO_SESSIONS: Row = {"sessions": 0, "open": 0, "good": 0, "bad": 0, "excluded": 0} | dict.fromkeys(SPREADS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Periods whose tallies a question may use, with the time of each; those before `ripe` have matured."""

    built: Mapping[int, int]
    ripe: int

    @property
    def but(self) -> str:
        """The join that takes away the sessions of these periods."""
        return HELD.format(periods=list(self.built), built=list(self.built.values()))


@lru_cache(maxsize=1)
def tallied_definitions() -> Mapping[str, Definition]:
    """The indicators that are tallied."""
    return {name: one for name, one in built_in().items() if one.of != "facts" and not one.slow}


def form_of(rows: Rows, project: str, basis: Basis) -> str:
    """What counting hangs on beside the sessions: the definitions, the rates, and whether tickets are told at all."""
    tickets = rows.rows(TICKETS, {"project": project})[0]["any_"]
    rates = {name: value for name, value in asdict(basis).items() if name != "maturity_s"}
    return digest([[asdict(one) for one in tallied_definitions().values()], SPLIT, PERIOD_NS, rates, tickets])


def sum_up(analytics: Analytics, project: str, basis: Basis) -> int:
    """Tally periods that are over and not tallied, the latest first; gives how many, 0 when nothing is left to do."""
    with analytics.snapshot() as rows:
        form = form_of(rows, project, basis)
        before_ns = int(rows.rows(NOW)[0]["now_ns"]) - QUIET_NS
        given = {"project": project, "form": form, "before": before_ns // PERIOD_NS * PERIOD_NS}
        periods = [int(row["period"]) for row in rows.rows(MISSING, given)]
    if not periods:
        return 0
    claim = analytics.claim_tallies(project, form, periods)
    with analytics.snapshot() as rows:
        if form_of(rows, project, basis) != form:
            return 0
        only = f" and {PERIOD.format(ns=f'({CLOSED})')} in ({', '.join(map(str, periods))})"
        room = Ours(rows=rows, project=project, only=only)
        question = Question(room, Scope(project=project), SPLIT, basis, periods=True)
        counted = answer(question, tallied_definitions().values(), tools=True)
        closed = PERIOD.format(ns=f"({CLOSED})")
        sessions = count_sessions(rows, Scope(project=project), SPLIT, only=only, period=closed)
        now_ns = room.now_ns()
    kept = [*indicator_rows(counted), *tool_rows(counted), *session_rows(sessions)]
    analytics.put_tallies(claim, project, now_ns, kept)
    return len(periods)


def indicator_rows(counted: Answer) -> list[TallyRow]:
    """What was counted by indicator: one row for each method, and one for each bucket."""
    found: list[TallyRow] = []
    for name, measured in counted.by_name.items():
        for (*cohort, period), by_method in measured.items():
            for method, of in by_method.items():
                sums = (of.events, of.good, of.bad, of.excluded, of.n, of.total, of.squares, of.per)
                found.append(TallyRow._make((int(period), *cohort, name, method, "", None, *sums)))
                found += [
                    TallyRow._make((int(period), *cohort, name, method, "", bucket, events, *NOTHING))
                    for bucket, events in of.buckets.items()
                ]
    return found


def tool_rows(counted: Answer) -> list[TallyRow]:
    """What was counted by tool and type of error."""
    return [
        TallyRow._make(
            (
                *(int(row[f"key_{len(SPLIT)}"]), *(row[f"key_{i}"] for i in range(len(SPLIT)))),
                *(TOOLS, row["error_type"], row["tool"], None),
                *(row["events"], 0, row["errors"], row["schema_failures"], 0, None, 0.0, 0),
            )
        )
        for row in counted.tools
    ]


def session_rows(counted: Sequence[Row]) -> list[TallyRow]:
    """What sessions did: one row for each count, and one for each number of a spread."""
    found: list[TallyRow] = []
    for row in counted:
        *cohort, period = key_of(row, (*SPLIT, "period"))
        for label, value in row.items():
            if label.startswith("key_") or value is None:
                continue
            values: Mapping[int | None, int] = value if label in SPREADS else {None: value}
            found += [
                TallyRow._make((int(period), *cohort, SESSIONS, "", label, bucket, events, *NOTHING))
                for bucket, events in values.items()
            ]
    return found


def count_all(
    rows: Rows, scope: Scope, by: Sequence[str], definitions: Sequence[Definition], basis: Basis
) -> tuple[Answer, list[Row]]:
    """Count every definition in every group, each tool's calls, and the sessions: from tallies where they hold, else from the rows.

    `rows` are those of one snapshot.
    """
    held = usable(rows, scope, by, basis)
    if not held.built:
        whole = Question(Ours(rows=rows, project=scope.project), scope, by, basis)
        return answer(whole, definitions, tools=True), in_order(count_sessions(rows, scope, by), by)
    kept = tallied_definitions()
    quick = [one for one in definitions if kept.get(one.name) == one]
    rest = Question(Ours(rows=rows, project=scope.project, but=held.but), scope, by, basis)
    found = answer(rest, quick, tools=True)
    counted = {key_of(row, by): row for row in count_sessions(rows, scope, by, but=held.but)}
    add(rows, (scope, by), [one.name for one in quick], held, (found, counted))
    others = [one for one in definitions if one not in quick]
    found.by_name.update({one.name: {} for one in others})
    if any(one.of != "facts" for one in others) or told(rows, scope.project, others):
        whole = Question(Ours(rows=rows, project=scope.project), scope, by, basis)
        found.by_name.update(answer(whole, others).by_name)
    return found, in_order(list(counted.values()), by)


def told(rows: Rows, project: str, listed: Sequence[Definition]) -> bool:
    """Whether any fact is told that definitions ask for, in any session."""
    if not listed:
        return False
    where = f"project = {text(project)} and {asked_of(listed)}"
    return bool(rows.rows(f"select exists (from facts where {where}) as any_")[0]["any_"])


def in_order(counted: list[Row], by: Sequence[str]) -> list[Row]:
    """Groups in the order of their values."""
    return sorted(counted, key=lambda row: key_of(row, by))


def usable(rows: Rows, scope: Scope, by: Sequence[str], basis: Basis) -> Held:
    """The tallies that lie within the scope as a whole, and on one side of maturity."""
    now_ns = int(rows.rows(NOW)[0]["now_ns"])
    ripe_ns = now_ns - int(basis.maturity_s * 1e9)
    ripe = (ripe_ns + 1) // PERIOD_NS
    if not set(by) | set(scope.cohort) <= set(SPLIT):
        return Held(built={}, ripe=ripe)
    first = 0 if scope.since_ns is None else -(-scope.since_ns // PERIOD_NS)
    last = now_ns // PERIOD_NS if scope.until_ns is None else scope.until_ns // PERIOD_NS - 1
    given = {"project": scope.project, "form": form_of(rows, scope.project, basis), "now": now_ns}
    built = {int(row["period"]): int(row["built_ns"]) for row in rows.rows(TALLIED, given)}
    torn = ripe if ripe * PERIOD_NS <= ripe_ns else None
    return Held(
        built={period: at for period, at in built.items() if first <= period <= last and period != torn},
        ripe=ripe,
    )


def add(
    rows: Rows,
    about: tuple[Scope, Sequence[str]],
    names: Sequence[str],
    held: Held,
    into: tuple[Answer, dict[tuple[Any, ...], Row]],
) -> None:
    """Add what the tallies hold to what was counted from the rows."""
    (scope, by), (found, counted) = about, into
    cohort = where_of(Scope(project=scope.project, cohort=scope.cohort))
    listed = ADDED.format(
        keys="".join(f"{name}, " for name in by),
        project=text(scope.project),
        first=min(held.built),
        last=max(held.built),
        periods=", ".join(map(str, held.built)),
        ripe=held.ripe,
        names=", ".join(map(text, [TOOLS, SESSIONS, *names])),
        where=f" and {cohort}",
    )
    tools = {tool_key(row, by): row for row in found.tools}
    for row in rows.rows(listed):
        key = tuple(row[name] for name in by)
        if row["name"] == TOOLS:
            add_tool(row, by, tools)
        elif row["name"] == SESSIONS:
            one = counted.setdefault(key, {f"key_{i}": value for i, value in enumerate(key)} | NO_SESSIONS)
            together(one, session_counts(row))
        else:
            by_method = found.by_name[row["name"]].setdefault(key, {})
            add_counts(row, by_method.setdefault(row["method"], Counts()))
    found.tools[:] = tools.values()


def session_counts(row: Row) -> Row:
    """A row of the sessions' counts, as the query of sessions gives it."""
    value = int(row["events"])
    counted = value if row["bucket"] is None else {row["bucket"]: value}
    return {row["label"]: counted}


def add_counts(row: Row, counts: Counts) -> None:
    """Add a row of an indicator."""
    if (bucket := row["bucket"]) is not None:
        counts.buckets[bucket] = counts.buckets.get(bucket, 0) + int(row["events"])
        return
    counts.squares += row["squares"]
    for name in ("events", "matured", "good", "bad", "excluded", "n", "per"):
        setattr(counts, name, getattr(counts, name) + int(row[name]))
    if row["total"] is not None:
        counts.total = (counts.total or 0.0) + row["total"]


def tool_key(row: Row, by: Sequence[str]) -> tuple[Any, ...]:
    """Which calls a row of tools is about: group, tool and type of error."""
    return (*key_of(row, by), row["tool"], row["error_type"])


def add_tool(row: Row, by: Sequence[str], into: dict[tuple[Any, ...], Row]) -> None:
    """Add the calls of a tool that ended in one type of error."""
    about: Row = {f"key_{i}": row[name] for i, name in enumerate(by)}
    about |= {"tool": row["label"], "error_type": row["method"]}
    same = into.setdefault(tool_key(about, by), about | {"events": 0, "errors": 0, "schema_failures": 0})
    for name, of in (("events", "events"), ("errors", "bad"), ("schema_failures", "excluded")):
        same[name] += int(row[of])
