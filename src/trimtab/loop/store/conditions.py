"""What sessions are asked for, beside cohort and time: how they ended, what their steps did, what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.vocabulary.kernel import Invalid
from trimtab.vocabulary.trace import OUTCOMES

FAILED = "(error or inner_error <> '')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Conditions on sessions, all of which hold; None or "" asks for nothing.

    With a `tool` they called it, and `tool_error` is about its calls. `error` is the error class of a step of theirs.
    `broken_schema` asks for a tool call (of `tool`, where given) whose arguments or result broke their schema. `among` names the only sessions that come into
    question. The bounds of cost (USD) and length (s) hold only where these are known.
    """

    outcome: str | None = None
    tool_error: bool | None = None
    tool: str = ""
    error: str = ""
    broken_schema: bool = False
    among: Sequence[str] | None = None
    least_usd: float | None = None
    most_usd: float | None = None
    least_s: float | None = None
    most_s: float | None = None


NO_CONDITIONS = Conditions()
BOUNDS = (
    ("least_usd", "cost_nusd >= ${} * 1e9"),
    ("most_usd", "cost_nusd <= ${} * 1e9"),
    ("least_s", "not synthetic_time and last_ns - first_ns >= ${} * 1e9"),
    ("most_s", "not synthetic_time and last_ns - first_ns <= ${} * 1e9"),
)


def conditions_sql(wanted: Conditions, params: dict[str, object]) -> str:
    """The conditions as SQL over `sessions`, with " and " before each; `params` holds the project. Raises `Invalid`."""
    terms: list[str] = []
    if wanted.outcome is not None:
        if wanted.outcome not in OUTCOMES:
            raise Invalid(f"unknown outcome: {wanted.outcome}", hint=f"one of {', '.join(OUTCOMES)}")
        params["outcome"] = wanted.outcome
        terms.append("outcome = $outcome")
    if wanted.tool_error is not None and not wanted.tool:
        terms.append(f"tool_errors {'>' if wanted.tool_error else '='} 0")
    if wanted.among is not None:
        params["among"] = list(wanted.among)
        terms.append("session in (select unnest($among::varchar[]))")
    for name, bound in BOUNDS:
        value = getattr(wanted, name)
        if value is not None:
            params[name] = value
            terms.append(bound.format(name))
    return "".join(f" and {term}" for term in [*terms, *of_steps(wanted, params)])


def of_steps(wanted: Conditions, params: dict[str, object]) -> list[str]:
    """What their steps did."""
    terms: list[str] = []
    called = ["kind = 'tool'"]
    if wanted.tool:
        params["tool"] = wanted.tool
        called.append("tool = $tool")
    if wanted.broken_schema:
        called.append("schema_ok = false")
    if wanted.tool and wanted.tool_error is not None:
        failed = having([*called, FAILED])
        terms.append(failed if wanted.tool_error else f"not {failed}")
    if len(called) > 1:
        terms.append(having(called))
    if wanted.error:
        params["error"] = wanted.error
        terms.append(having(["error_class = $error"]))
    return terms


def having(terms: Sequence[str]) -> str:
    """That a session has a step like that."""
    found = "select session from steps where project = $project and not repeated"
    return f"(session in ({found} and {' and '.join(terms)}))"
