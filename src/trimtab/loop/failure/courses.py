"""How sessions went, in one grouped query: a row a session, however many steps it has."""

from collections.abc import Sequence
from typing import Any

from trimtab.loop.failure.classify import Course, Row
from trimtab.loop.failure.taxonomy import WORDS, Taxonomy
from trimtab.loop.store import Analytics
from trimtab.vocabulary.trace import error_class

LOOP = 6
"""So many calls of one tool in a row are a loop."""
LEAVES = "('llm', 'tool', 'retrieve', 'rerank', 'embedding')"
ERROR = ("agent", "kind", "tool", "error", "error_type", "error_class", "error_message", "inner_error")
MINE = f"""
  select session, trace_id, span_id, {", ".join(ERROR)}, handoff, coalesce(nullif(tool, ''), kind) as what,
    error or inner_error <> '' as failed, kind in {LEAVES} as leaf,
    row_number() over (partition by session order by end_ns, start_ns desc, content_hash) as place
  from steps
  where project = $project and start_ns between $first and $last and not repeated
    and session in (select unnest($sessions::varchar[]))"""
"""Steps by their end: a child ends before the parent that its error reaches. Those that went well tell which errors did not last."""
COURSES = f"""
with mine as ({MINE}),
judged as (
  select *,
    coalesce(max(place) filter (not failed) over (partition by session, agent, kind, what), 0) as worked,
    bool_or(failed and leaf) over (partition by session) as leaf_failed,
    row_number() over (partition by session, kind = 'tool' order by place)
      - row_number() over (partition by session, kind = 'tool', what order by place) as run
  from mine),
loops as (
  select session, arg_min(what, place) as looped from (
    select session, what, min(place) as place from judged where kind = 'tool'
    group by session, what, run having count(*) >= {LOOP})
  group by session)
select session,
  arg_min({{{", ".join(f"'{name}': {name}" for name in ERROR)}}}, place)
    filter (failed and worked < place and (leaf or not leaf_failed)) as lasting,
  arg_max(error_class, place) filter (kind = 'llm') as answered,
  coalesce(arg_max(handoff, place) filter (handoff <> ''), '') as handed,
  coalesce(any_value(looped), '') as looped,
  coalesce(arg_max(what, place) filter (kind = 'tool' and handoff = '' and not failed
    and not list_contains($reading::varchar[], lower(regexp_extract(what, $word)))), '') as acted,
  coalesce(arg_max(kind, place) filter (leaf), '') as ended,
  coalesce(arg_max(what, place) filter (kind = 'tool'), '') as called
from judged left join loops using (session) group by session
"""
ERRORS = f"""
with mine as ({MINE})
select distinct session, {", ".join(ERROR)} from mine where failed
"""
FAILED_STEPS = f"with mine as ({MINE}) select * from mine where failed order by session, place"


def courses(
    analytics: Analytics, project: str, sessions: Sequence[Row], taxonomy: Taxonomy
) -> dict[str, Course]:
    """The course of each session that has a step left that tells of it, by its name."""
    if not sessions:
        return {}
    reading = {"reading": sorted(taxonomy.reading), "word": WORDS.pattern}
    found: dict[str, Course] = {}
    for row in analytics.rows(COURSES, within(project, sessions) | reading):
        session, lasting = row.pop("session"), row.pop("lasting")
        found[session] = Course(lasting=with_inner(lasting) if lasting else None, **row)
    return found


def errors(analytics: Analytics, project: str, sessions: Sequence[Row]) -> dict[str, list[Row]]:
    """The different errors of each session's steps, by its name."""
    found: dict[str, list[Row]] = {}
    for row in analytics.rows(ERRORS, within(project, sessions)) if sessions else []:
        found.setdefault(row["session"], []).append(with_inner(row))
    return found


def failed_steps(analytics: Analytics, project: str, sessions: Sequence[Row]) -> dict[str, list[Row]]:
    """The steps of each session that failed, in their order, by its name."""
    found: dict[str, list[Row]] = {}
    for row in analytics.rows(FAILED_STEPS, within(project, sessions)) if sessions else []:
        found.setdefault(row["session"], []).append(with_inner(row))
    return found


def within(project: str, sessions: Sequence[Row]) -> dict[str, Any]:
    """Where the steps of sessions lie; the time range lets the engine skip the row groups of other days."""
    return {
        "project": project,
        "sessions": [row["session"] for row in sessions],
        "first": min(row["first_ns"] for row in sessions),
        "last": max(row["last_ns"] for row in sessions),
    }


def with_inner(step: Row) -> Row:
    """A step that fails with what is within it, where another step tells of the same call."""
    inner = step["inner_error"]
    if step["error"] or not inner:
        return step
    return {**step, "error": True, "error_type": inner, "error_class": error_class(inner, "")}
