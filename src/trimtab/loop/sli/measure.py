"""Measuring definitions in SQL: every source is read once for all definitions on it, and once for their quantiles.

A definition names columns of what belongs to one project: tables of the same names stand before the real ones.
What a user wrote was tried in the locked room of users' SQL before it was kept (`probe`): it is one expression, it
reads no file and no other table.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from trimtab.loop.sli.count import BAD
from trimtab.loop.sli.model import Counts, Definition
from trimtab.loop.store import CLOSED, DIMENSIONS, Analytics, Row, Scope
from trimtab.vocabulary.kernel import BUCKET_SQL, Invalid

Key = tuple[str, ...]
Measured = dict[Key, dict[str, Counts]]
"""Group -> method -> counts. Of what has no method, all counts are under ""."""
MAX_ROWS = 100_000
CLASSES = ("", "excluded", "bad", "good", "unknown", "per")
"""What a row is for a definition; the first is no event of it."""
QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")""")
OURS = f"""with steps as (select * exclude (project) from steps where project = {{project}}),
facts as (select * exclude (project) from facts where project = {{project}}),
sessions as (
  select * exclude (project, pinned_ns, settle_ns, close_ns, received_ns), {CLOSED} as closed_ns
  from sessions where project = {{project}})"""
CHOSEN = "chosen as (select session, first_ns{keys} from sessions where {where})"
TOLD = """judged as (
  select session, arg_max(method, (rank, time_ns, content_hash)) as method from facts
  where kind = 'outcome' and source in ('judge', 'inferred') and session <> '' group by session),
opened as (
  select session, count(*) as tickets from facts where kind = 'ticket' and session <> '' group by session),
source as (
  select sessions.*, closed_ns is not null as closed, {failed} as failed,
    case when exists (from opened) then coalesce(opened.tickets, 0) end as tickets,
    case when outcome_source = '' then '' when outcome_source in ('judge', 'inferred')
      then outcome_source || coalesce(' ' || nullif(judged.method, ''), '') else 'reported' end as told_by{keys}
  from sessions left join judged using (session) left join opened using (session) where {where})"""
"""Sessions with who told their outcome: what people and programs reported is one method, each judge is one."""
STEPS = """source as (
  select steps.*, error or inner_error <> '' as failed, '' as told_by{keys}
  from steps join chosen using (session) where start_ns >= {first} and not repeated)"""
"""Steps, each call once; it has failed, too, where what is nested in it has."""
IN_ORDER = """placed as (
  select steps.*, error or inner_error <> '' as failed{keys},
    row_number() over (partition by session order by start_ns, span_id)
    - row_number() over (partition by session, tool order by start_ns, span_id) as run,
    lag(tool) over (partition by session order by start_ns, span_id) as previous_tool,
    lag(error or inner_error <> '') over (partition by session order by start_ns, span_id) as previous_failed
  from steps join chosen using (session) where kind = 'tool' and start_ns >= {first} and not repeated),
source as (
  select *, '' as told_by, row_number() over (partition by session, tool, run order by start_ns, span_id) as in_a_row
  from placed)"""
"""Tool calls with what came before them in their session."""
FACTS = """placed as (
  select facts.*, facts.session as about from facts where session <> ''
  union all
  select facts.*, found.session from facts join (
    select trace_id, min(session) as session from steps
    where trace_id in (select trace_id from facts where session = '') group by trace_id) as found using (trace_id)
  where facts.session = ''),
latest as (
  select * from placed
  qualify row_number() over (partition by about, trace_id, span_id, kind, lower(name), source, method
                             order by time_ns desc, content_hash desc) = 1),
source as (
  select latest.*, coalesce(nullif(method, ''), case when source in ('judge', 'inferred') then source
                                                     else 'reported' end) as told_by{keys}
  from latest join chosen on chosen.session = latest.about)"""
"""The latest fact of each method about each thing, in the group of its session."""


def text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def dimension(name: str) -> str:
    """The column of a cohort dimension of sessions."""
    if not name or len(name) > 100:
        raise Invalid(
            f"not a dimension: {name!r}", hint=f"one of {', '.join(DIMENSIONS)}, or a cohort of yours"
        )
    return f"sessions.{name}" if name in DIMENSIONS else f"coalesce(sessions.dims[{text(name)}], '')"


def where_of(scope: Scope) -> str:
    """Which sessions are in scope."""
    terms = [f"{dimension(name)} = {text(value)}" for name, value in scope.cohort.items()]
    for operator, bound in ((">=", scope.since_ns), ("<", scope.until_ns)):
        if bound is not None:
            terms.append(f"coalesce(closed_ns, last_ns) {operator} {int(bound)}")
    return " and ".join(terms) or "true"


class Question:
    """How the sources are asked for one scope and split; `users` is the locked room, with its own views."""

    def __init__(self, analytics: Analytics, scope: Scope, by: Sequence[str], *, users: bool = False) -> None:
        """Find out when the first session of the scope began: no step before it is looked at."""
        self._analytics, self._project, self._users = analytics, scope.project, users
        self._where = where_of(scope)
        self._by = [dimension(name) for name in by]
        self.keys = [f"key_{i}" for i in range(len(by))]
        self._first = 0
        if scope.since_ns is not None:
            found = self.ask([self._chosen()], "select min(first_ns) as first_ns from chosen")
            self._first = int(found[0]["first_ns"] or 0)

    def ask(self, parts: Sequence[str], select: str) -> list[Row]:
        """Rows of a select over common table expressions."""
        if not self._users:
            start = OURS.format(project=text(self._project))
            return self._analytics.rows(f"{', '.join([start, *parts])} {select}")
        names, rows = self._analytics.user_rows(self._project, f"with {', '.join(parts)} {select}", MAX_ROWS)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _chosen(self) -> str:
        keys = "".join(f", {sql} as key_{i}" for i, sql in enumerate(self._by))
        return CHOSEN.format(keys=keys, where=self._where)

    def source(self, found: Definition) -> tuple[str, ...]:
        """The common table expressions that end in `source`, the events of a definition."""
        if found.of == "sessions":
            keys = "".join(f", {sql} as key_{i}" for i, sql in enumerate(self._by))
            return (TOLD.format(failed=BAD, keys=keys, where=self._where),)
        keys = "".join(f", chosen.{key}" for key in self.keys)
        if found.of == "facts":
            return self._chosen(), FACTS.format(keys=keys)
        return self._chosen(), (IN_ORDER if found.slow else STEPS).format(keys=keys, first=self._first)


def class_of(found: Definition) -> str:
    """What kind of event a row is for a definition, as a number of `CLASSES`."""
    first = f"case when not coalesce(({found.where}), false) then 0"
    if found.shape == "ratio":
        return (
            f"{first} when coalesce(({found.excluded or 'false'}), false) then 1"
            f" when coalesce(({found.bad}), false) then 2 when ({found.good}) then 3 else 4 end"
        )
    return f"{first} when ({found.per or 'false'}) then 5 else 4 end"


def measure(
    analytics: Analytics, scope: Scope, by: Sequence[str], definitions: Iterable[Definition]
) -> dict[str, Measured]:
    """Count every definition in every group; definition -> group -> method -> counts."""
    return answer(Question(analytics, scope, by), definitions)


def answer(question: Question, definitions: Iterable[Definition]) -> dict[str, Measured]:
    """Count every definition, source by source."""
    by_source: dict[tuple[str, ...], list[Definition]] = defaultdict(list)
    for found in definitions:
        by_source[question.source(found)].append(found)
    measured: dict[str, Measured] = {}
    for source, listed in by_source.items():
        measured |= count(question, source, listed)
        spread = [found for found in listed if found.shape == "quantiles"]
        if spread:
            fill_buckets(question, source, spread, measured)
    return measured


def method_of(found: Definition, row: Row) -> str:
    """The method that is a part of what a row measured."""
    return str(row["told_by"]) if found.method or found.of == "facts" else ""


def key_of(question: Question, row: Row) -> Key:
    """The group of a row."""
    return tuple(str(row[key] or "") for key in question.keys)


def count(question: Question, source: Sequence[str], listed: Sequence[Definition]) -> dict[str, Measured]:
    """One query for all definitions of one source: rows of the same kinds for all of them are counted together."""
    groups = [*question.keys, "told_by"]
    classes = [f"({class_of(found)})::tinyint as class_{i}" for i, found in enumerate(listed)]
    valued = {i: found.value or found.sum for i, found in enumerate(listed) if found.value or found.sum}
    values = [
        f"case when {listed[i].where} then ({sql})::double end as value_{i}" for i, sql in valued.items()
    ]
    kinds = [*groups, *(f"class_{i}" for i in range(len(listed)))]
    sums = [
        f"count(value_{i}) as n_{i}, sum(value_{i}) as total_{i}, sum(value_{i} * value_{i}) as squares_{i}"
        for i in valued
    ]
    rows = question.ask(
        [*source, f"events as (select {', '.join([*groups, *classes, *values])} from source)"],
        f"select {', '.join([*kinds, 'count(*) as events', *sums])} from events group by {', '.join(kinds)}",
    )
    measured: dict[str, Measured] = {found.name: {} for found in listed}
    for row in rows:
        for number, found in enumerate(listed):
            if kind := CLASSES[int(row[f"class_{number}"])]:
                by_method = measured[found.name].setdefault(key_of(question, row), {})
                put(by_method.setdefault(method_of(found, row), Counts()), kind, row, number)
    return measured


def put(counts: Counts, kind: str, row: Row, number: int) -> None:
    """Add what a row counted for one definition."""
    counts.events += row["events"]
    if kind != "unknown":
        setattr(counts, kind, getattr(counts, kind) + row["events"])
    counts.n += row.get(f"n_{number}") or 0
    counts.squares += row.get(f"squares_{number}") or 0.0
    if (total := row.get(f"total_{number}")) is not None:
        counts.total = (counts.total or 0.0) + total


def fill_buckets(
    question: Question, source: Sequence[str], listed: Sequence[Definition], measured: Mapping[str, Measured]
) -> None:
    """One query for the distributions of all values of one source."""
    groups = ", ".join([*question.keys, "told_by"])
    bucket = BUCKET_SQL.format(value="value")
    parts = " union all ".join(
        f"select {number} as number, {groups}, ({found.value})::double as value from source where {found.where}"
        for number, found in enumerate(listed)
    )
    rows = question.ask(
        [*source, f"valued as ({parts})"],
        f"select number, {groups}, {bucket} as bucket, count(*) as n from valued where value is not null"
        f" group by number, {groups}, bucket",
    )
    for row in rows:
        found = listed[int(row["number"])]
        counts = measured[found.name][key_of(question, row)][method_of(found, row)]
        counts.buckets[row["bucket"]] = counts.buckets.get(row["bucket"], 0) + row["n"]


def probe(analytics: Analytics, project: str, found: Definition) -> None:
    """Try a definition in the locked room, on no data; raises `Invalid` with what the engine says of it."""
    nothing = Scope(project=project, since_ns=1, until_ns=0)
    for text_ in (found.where, found.good, found.bad, found.excluded, found.value, found.sum, found.per):
        if text_ and not balanced(text_):
            raise Invalid(
                f"{found.name}: {text_!r} is not one expression", hint="check its brackets and quotes"
            )
    try:
        answer(Question(analytics, nothing, (), users=True), [found])
    except Invalid as error:
        raise Invalid(
            f"{found.name}: {error.message}", hint="conditions are SQL over the columns of its source"
        ) from error


def balanced(sql: str) -> bool:
    """Whether a text is one expression: no bracket that closes more than it opened, no comment, no semicolon."""
    depth = 0
    for part in QUOTED.split(sql)[::2]:
        if "--" in part or "/*" in part or ";" in part or "'" in part or '"' in part or "$$" in part:
            return False
        for letter in part:
            depth += (letter == "(") - (letter == ")")
            if depth < 0:
                return False
    return depth == 0
