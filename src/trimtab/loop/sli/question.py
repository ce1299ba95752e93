"""What the indicators are measured on: the sessions, steps and facts of a scope, as SQL sources.

A definition names columns of what belongs to one project: tables of the same names stand before the real ones.
"""

import re
from collections.abc import Sequence

from trimtab.loop.sli.basis import Basis
from trimtab.loop.sli.count import BAD
from trimtab.loop.sli.model import Definition, Source
from trimtab.loop.sli.room import Room, text
from trimtab.loop.store import DIMENSIONS, MINUTE, PERIOD, PERIOD_NS, Row, Scope, Stretch
from trimtab.vocabulary.kernel import Invalid

NOTHING_DECLARED = Basis()
MOST_SPANS = 6
"""So many stretches of time are named one by one; of more, all between the first and the last is read."""
QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")""")
WORD = re.compile(r"[A-Za-z_]\w*")
KINDS = re.compile(r"kind (?:= '\w+'|in \('\w+'(?:, '\w+')*\))(?= and |$)")
OR = re.compile(r"\bor\b", re.IGNORECASE)
IDENTITY = frozenset({"kind", "name", "source", "method", "lower", "in", "and", "or", "not"})
"""Words of a condition that asks for nothing but what a fact is about and who told it."""
CHOSEN = "chosen as (select session, first_ns, last_ns, closed_ns, {mature} as mature{keys} from sessions where {where})"
TOLD = """judged as (
  select session, arg_max(method, (rank, time_ns, content_hash)) as method from facts
  where kind = 'outcome' and source in ('judge', 'inferred') and session <> '' group by session),
opened as (
  select session, count(*) as tickets from facts where kind = 'ticket' and session <> '' group by session),
source as (
  select sessions.*, closed_ns is not null as closed, {failed} as failed,
    case when exists (from opened) then coalesce(opened.tickets, 0) end as tickets,
    case when outcome_source = '' then '' when outcome_source in ('judge', 'inferred')
      then outcome_source || coalesce(' ' || nullif(judged.method, ''), '') else 'reported' end as told_by,
    {cost} as cost_usd, {mature} as mature{keys}{minute}
  from sessions left join judged using (session) left join opened using (session){spent} where {where})"""
"""Sessions with what they cost and who told their outcome: what people and programs reported is one method, each judge is one."""
SPENT = """ left join (
    select session, sum(case tool {rates} else 0 end) as tools_usd from steps
    where kind = 'tool' and not repeated and tool in ({tools}) group by session) as spent using (session)"""
"""What the calls of tools with a declared rate cost, by session."""
STEPS = """source as (
  select steps.*, error or inner_error <> '' as failed, '' as told_by{keys}{minute}
  from {steps} as steps join chosen using (session) where {begun} and not repeated)"""
"""Steps, each call once; it has failed, too, where what is nested in it has.

No condition of the definitions stands here: in DuckDB 2.0 one more, over columns, makes the join twice as slow.
"""
IN_ORDER = """placed as (
  select steps.*, error or inner_error <> '' as failed{keys},
    row_number() over (partition by session order by start_ns, span_id)
    - row_number() over (partition by session, tool order by start_ns, span_id) as run,
    lag(tool) over (partition by session order by start_ns, span_id) as previous_tool,
    lag(error or inner_error <> '') over (partition by session order by start_ns, span_id) as previous_failed
  from steps join chosen using (session) where kind = 'tool' and {begun} and not repeated{sessions}),
ordered as (
  select *, '' as told_by, row_number() over (partition by session, tool, run order by start_ns, span_id) as in_a_row
    {minute}
  from placed),
source as (select * from ordered as steps where {within})"""
"""Tool calls with what came before them in their session."""
FACTS = """asked as (select * from facts where {asked}),
placed as (
  select asked.*, asked.session as about from asked where session <> ''
  union all
  select asked.*, found.session from asked join (
    select trace_id, min(session) as session from steps
    where trace_id in (select trace_id from asked where session = '') group by trace_id) as found using (trace_id)
  where asked.session = ''),
latest as (
  select * from placed
  qualify row_number() over (partition by about, trace_id, span_id, kind, lower(name), source, method
                             order by time_ns desc, content_hash desc) = 1),
source as (
  select latest.*, coalesce(nullif(method, ''), case when source in ('judge', 'inferred') then source
                                                     else 'reported' end) as told_by{keys}{minute}
  from latest join chosen on chosen.session = latest.about)"""
"""The latest fact of each method about each thing, in the group of its session."""


AT_WORK = f"""select min(first_ns) as first_ns, max(last_ns) as last_ns from chosen
group by {PERIOD.format(ns="coalesce(closed_ns, last_ns)")} order by first_ns"""
"""When the sessions of each period were at work: from the first start to the last end of their steps."""


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


def within(spans: Sequence[tuple[int, int]]) -> str:
    """The condition that a step began in one of a few spans, given in the order of their starts; near ones are one."""
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + PERIOD_NS:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    if len(joined) > MOST_SPANS:
        joined = [(joined[0][0], joined[-1][1])]
    listed = " or ".join(f"start_ns between {first} and {last}" for first, last in joined)
    return f"({listed})" if listed else "false"


def spending(basis: Basis) -> tuple[str, str]:
    """The join that tells what tools cost, and the cost of a session in USD: its models, tools and infrastructure.

    Unknown where a part is: a model without a price, or an hourly rate of a session whose times are invented.
    """
    parts, spent = ["case when unpriced = 0 then cost_nusd / 1e9 end"], ""
    if basis.tools_usd:
        rates = " ".join(f"when {text(tool)} then {rate!r}" for tool, rate in basis.tools_usd.items())
        spent = SPENT.format(rates=rates, tools=", ".join(map(text, basis.tools_usd)))
        parts.append("coalesce(spent.tools_usd, 0)")
    if basis.session_usd:
        parts.append(repr(basis.session_usd))
    if basis.hour_usd:
        parts.append(
            f"case when not synthetic_time then (last_ns - first_ns) / 3.6e12 * {basis.hour_usd!r} end"
        )
    return spent, " + ".join(parts)


class Question:
    """How the sources are asked in a room for one scope and split."""

    def __init__(
        self,
        room: Room,
        scope: Scope,
        by: Sequence[str],
        basis: Basis = NOTHING_DECLARED,
        *,
        stretch: Stretch | None = None,
        periods: bool = False,
    ) -> None:
        """Find out when the sessions of the scope were at work: no step outside of that is looked at.

        With a `stretch` events are split by their minute, too, and only those of its minutes count: a session and a
        fact about it in the minute of its close, a step in that of its end. With `periods` they are split by the
        period in which their session closed.
        """
        self._room, self._basis = room, basis
        self._mature = f"coalesce(closed_ns <= {room.now_ns() - int(basis.maturity_s * 1e9)}, false)"
        self._where = where_of(scope)
        self._by = [dimension(name) for name in by] + [PERIOD.format(ns="closed_ns")] * periods
        self._dimensions = [f"key_{i}" for i in range(len(self._by))]
        self._stretch = stretch
        self.keys = self._dimensions if stretch is None else [*self._dimensions, "minute"]
        self._begun = "start_ns >= 0"
        if scope.since_ns is not None or not room.whole:
            found = self.ask([self._chosen()], AT_WORK)
            self._begun = within([(row["first_ns"], row["last_ns"]) for row in found])

    def ask(self, parts: Sequence[str], select: str) -> list[Row]:
        """Rows of a select over common table expressions."""
        return self._room.ask(parts, select)

    def _chosen(self, *, closing: bool = False) -> str:
        keys = "".join(f", {sql} as key_{i}" for i, sql in enumerate(self._by))
        return CHOSEN.format(keys=keys, where=self._closed() if closing else self._where, mature=self._mature)

    def _closed(self) -> str:
        """Which sessions are in scope and close within the stretch."""
        return f"{self._where} and {self._stretch.time_sql('closed_ns')}" if self._stretch else self._where

    def _minute(self, time: str) -> str:
        """The column of the minute."""
        return f", {MINUTE.format(ns=time)} as minute" if self._stretch else ""

    def key_of(self, row: Row) -> tuple[str, ...]:
        """The group of a row."""
        return tuple(str(row[key] or "") for key in self.keys)

    def source(self, of: Source, listed: Sequence[Definition], *, slow: bool) -> tuple[str, ...]:
        """The common table expressions that end in `source`, the events of definitions on the same one."""
        if of == "sessions":
            keys = "".join(f", {sql} as key_{i}" for i, sql in enumerate(self._by))
            spent, cost = spending(self._basis)
            told = {"failed": BAD, "keys": keys, "where": self._closed(), "mature": self._mature}
            return (TOLD.format(**told, spent=spent, cost=cost, minute=self._minute("closed_ns")),)
        keys = ", chosen.mature" + "".join(f", chosen.{key}" for key in self._dimensions)
        if of == "facts":
            minute = self._minute("chosen.closed_ns")
            return self._chosen(closing=True), FACTS.format(keys=keys, asked=asked_of(listed), minute=minute)
        within = self._stretch.time_sql("steps.end_ns") if self._stretch else "true"
        given = {"keys": keys, "begun": self._begun, "minute": self._minute("steps.end_ns")}
        if slow:
            busy = f" and session in (select session from steps where {within})" if self._stretch else ""
            minute = self._minute("end_ns")
            return self._chosen(), IN_ORDER.format(**given | {"minute": minute}, sessions=busy, within=within)
        of_steps = f"(select * from steps where {within})" if self._stretch else "steps"
        return self._chosen(), STEPS.format(**given, steps=of_steps)


def asked_of(listed: Sequence[Definition]) -> str:
    """Which facts any definition asks for, by what they are about: only these need to be put in order."""
    if any(set(WORD.findall(QUOTED.sub("", found.where))) - IDENTITY for found in listed):
        return "true"
    asked = " or ".join(f"coalesce(({found.where}), false)" for found in listed)
    kinds = [KINDS.match(found.where) for found in listed]
    if not all(kinds) or any(OR.search(QUOTED.sub("", found.where)) for found in listed):
        return asked
    # The engine skips whole blocks by this, and looks at each fact by what stands behind it.
    named = sorted({name for found in kinds if found for name in QUOTED.findall(found[0])})
    return f"kind in ({', '.join(named)}) and ({asked})"
