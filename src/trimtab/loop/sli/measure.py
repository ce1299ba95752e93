"""Measuring definitions in SQL: every source is read once for all definitions on it.

What a user wrote was tried in the locked room of users' SQL before it was kept (`probe`): it is one expression, it
reads no file and no other table.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trimtab.loop.sli.basis import Basis
from trimtab.loop.sli.model import Counts, Definition, Source
from trimtab.loop.sli.question import NOTHING_DECLARED, Question
from trimtab.loop.sli.room import Ours
from trimtab.loop.store import Analytics, Row, Rows, Scope
from trimtab.vocabulary.kernel import BUCKET_SQL

Key = tuple[str, ...]
Measured = dict[Key, dict[str, Counts]]
"""Group -> method -> counts. Of what has no method, all counts are under ""."""
CLASSES = ("", "excluded", "bad", "good", "unknown", "per")
"""What a row is for a definition; the first is no event of it."""
BASE, PER_CODE = len(CLASSES), 24
"""The classes of a row for 24 definitions are the digits of one 64-bit number: cheaper to group by."""
PLACES = tuple(int(BASE**place) for place in range(PER_CODE))
EVENTS = "count(*) as events, count(*) filter (mature) as matured"
TOOL_VIEW, CLASS_VIEW = -2, -1
"""Which part of one answer a row belongs to; a number from 0 is a definition's distribution."""
TOOLS = f"""select {TOOL_VIEW} as view, {{keys}}tool, error_type, count(*) as events,
  count(*) filter (failed) as errors, count(*) filter (schema_ok = false) as schema_failures
from events where kind = 'tool' group by {{keys}}tool, error_type"""
TOOL_ERROR = "coalesce(nullif(error_type, ''), inner_error)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was counted: by definition, and of each tool by error type where that was asked."""

    by_name: dict[str, Measured]
    tools: list[Row]


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
    rows: Rows,
    scope: Scope,
    by: Sequence[str],
    definitions: Iterable[Definition],
    basis: Basis = NOTHING_DECLARED,
    *,
    tools: bool = False,
) -> Answer:
    """Count every definition in every group, and each tool's calls where `tools`."""
    room = Ours(rows=rows, project=scope.project)
    return answer(Question(room, scope, by, basis), definitions, tools=tools)


def answer(question: Question, definitions: Iterable[Definition], *, tools: bool = False) -> Answer:
    """Count every definition, source by source."""
    by_source: dict[tuple[Source, bool], list[Definition]] = defaultdict(list)
    if tools:
        by_source["steps", False] = []
    found = Answer(by_name={}, tools=[])
    for one in definitions:
        by_source[one.of, one.slow].append(one)
        found.by_name[one.name] = {}
    for (of, slow), listed in by_source.items():
        wanted = tools and of == "steps" and not slow
        source = question.source(of, listed, slow=slow)
        count(question, source, listed, found, tools=wanted)
    return found


def method_of(found: Definition, row: Row) -> str:
    """The method that is a part of what a row measured."""
    return str(row["told_by"]) if found.method or found.of == "facts" else ""


def count(
    question: Question, source: Sequence[str], listed: Sequence[Definition], into: Answer, *, tools: bool
) -> None:
    """One query for all definitions of one source: it is read once, and what each view groups stays in memory."""
    groups = [*question.keys, "told_by"]
    views = [classes_view(groups, listed)] if listed else []
    views += [
        buckets_view(groups, number) for number, found in enumerate(listed) if found.shape == "quantiles"
    ]
    events = [*groups, "mature", *columns(listed)]
    if tools:
        views.append(TOOLS.format(keys="".join(f"{key}, " for key in question.keys)))
        events += ["kind", "tool", f"{TOOL_ERROR} as error_type", "failed", "schema_ok"]
    rows = question.ask(
        [*source, f"events as materialized (select {', '.join(events)} from source)"],
        " union all by name ".join(views),
    )
    for row in rows:
        if row["view"] == TOOL_VIEW:
            into.tools.append(row)
        elif row["view"] == CLASS_VIEW:
            put_classes(question, row, listed, into)
        else:
            put_bucket(question, row, listed[int(row["view"])], into)


def columns(listed: Sequence[Definition]) -> list[str]:
    """What a row is for all definitions, as few numbers, and its value for each definition that has one."""
    digits = [f"({class_of(one)})::bigint * {PLACES[i % PER_CODE]}" for i, one in enumerate(listed)]
    found = [f"{' + '.join(part)} as code_{i}" for i, part in enumerate(batched(digits, PER_CODE))]
    return found + [
        f"case when {one.where} then ({one.value or one.sum})::double end as value_{number}"
        for number, one in enumerate(listed)
        if one.value or one.sum
    ]


def classes_view(groups: Sequence[str], listed: Sequence[Definition]) -> str:
    """Rows of the same classes for all definitions, counted together, with the sums of their values."""
    kinds = ", ".join([*groups, *(f"code_{number}" for number in range(-(-len(listed) // PER_CODE)))])
    sums = "".join(
        f", count(value_{i}) as n_{i}, sum(value_{i}) as total_{i}, sum(value_{i} * value_{i}) as squares_{i}"
        for i, one in enumerate(listed)
        if (one.value or one.sum) and one.shape != "quantiles"
    )
    return f"select {CLASS_VIEW} as view, {kinds}, {EVENTS}{sums} from events group by {kinds}"


def batched(items: Sequence[str], size: int) -> list[Sequence[str]]:
    """The items in runs of at most `size`."""
    return [items[at : at + size] for at in range(0, len(items), size)]


def buckets_view(groups: Sequence[str], number: int) -> str:
    """The distribution of the values of one definition."""
    bucket = BUCKET_SQL.format(value=f"value_{number}")
    kinds = ", ".join([*groups, "bucket"])
    return (
        f"select {number} as view, {', '.join(groups)}, {bucket} as bucket, count(*) as events"
        f" from events where value_{number} is not null group by {kinds}"
    )


def put_classes(question: Question, row: Row, listed: Sequence[Definition], into: Answer) -> None:
    """Add rows of the same classes to all definitions that they are events of."""
    for number, found in enumerate(listed):
        code = int(row[f"code_{number // PER_CODE}"])
        if kind := CLASSES[code // PLACES[number % PER_CODE] % BASE]:
            by_method = into.by_name[found.name].setdefault(question.key_of(row), {})
            put(by_method.setdefault(method_of(found, row), Counts()), kind, row, number)


def put(counts: Counts, kind: str, row: Row, number: int) -> None:
    """Add what a row counted for one definition."""
    counts.events += row["events"]
    counts.matured += row["matured"]
    if kind != "unknown":
        setattr(counts, kind, getattr(counts, kind) + row["events"])
    counts.n += row.get(f"n_{number}") or 0
    counts.squares += row.get(f"squares_{number}") or 0.0
    if (total := row.get(f"total_{number}")) is not None:
        counts.total = (counts.total or 0.0) + total


def put_bucket(question: Question, row: Row, found: Definition, into: Answer) -> None:
    """Add one bucket of a distribution; the same values are the known ones."""
    by_method = into.by_name[found.name].setdefault(question.key_of(row), {})
    counts = by_method.setdefault(method_of(found, row), Counts())
    counts.buckets[row["bucket"]] = counts.buckets.get(row["bucket"], 0) + row["events"]
    counts.n += row["events"]


def count_by(
    analytics: Analytics, scope: Scope, dimension: str, found: Definition
) -> dict[str, tuple[int, int]]:
    """Good and bad events of a ratio by the values of one cohort dimension."""
    measured = measure(analytics, scope, (dimension,), [found]).by_name[found.name]
    return {
        value: (sum(one.good for one in by_method.values()), sum(one.bad for one in by_method.values()))
        for (value,), by_method in measured.items()
    }
