"""What sessions are asked for, beside cohort and time: how they ended, what their steps did, what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.vocabulary.kernel import Invalid
from trimtab.vocabulary.trace import OUTCOMES

FAILED = "(error or inner_error <> '')"
REFUSED = "kind = 'llm' and not repeated and finish in ('content_filter', 'refusal')"
"""A model that would not answer, as its provider says it."""
PROMPT = "coalesce(nullif(prompt_version, ''), prompt_hash)"
"""The prompt of a step: its version where it has one, else the hash of its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Conditions on sessions, all of which hold; None or "" asks for nothing.

    With a `tool` they called it, and `tool_error` is about its calls; likewise a model with `llm` and
    `llm_provider`, though the session may be counted to another. `error` is the error class of a step of theirs, `prompt` its prompt: a version, or the hash of the text.
    `decision` is what a contract decided about a step of theirs ("any" for anything), for the reason `decision_reason`, about a call of
    `decided_tool` or, with `decided_text`, about a text; with `suspected` its output seemed to give orders. `model_refused`: a model would
    not answer. `broken_schema` asks for a tool call (of `tool`, where given) whose arguments or result broke their schema. `among` names the only sessions that come into
    question. The bounds of cost (USD) and length (s) hold only where these are known.
    """

    outcome: str | None = None
    tool_error: bool | None = None
    tool: str = ""
    llm: str = ""
    llm_provider: str = ""
    llm_error: bool | None = None
    error: str = ""
    prompt: str = ""
    broken_schema: bool = False
    decision: str = ""
    decision_reason: str = ""
    decided_tool: str = ""
    decided_text: bool = False
    suspected: bool = False
    model_refused: bool = False
    among: Sequence[str] | None = None
    least_usd: float | None = None
    most_usd: float | None = None
    least_s: float | None = None
    most_s: float | None = None


COLUMN = {
    "tool": "tool",
    "llm": "model",
    "llm_provider": "provider",
    "error": "error_class",
    "prompt": PROMPT,
}
"""The column of steps behind a condition."""
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
    tool = ["kind = 'tool'", *equal(wanted, ("tool",), params)]
    model = ["kind = 'llm'", *equal(wanted, ("llm", "llm_provider"), params)]
    terms: list[str] = []
    for called, failed in ((tool, wanted.tool_error if wanted.tool else None), (model, wanted.llm_error)):
        if failed is not None:
            terms.append(f"{'' if failed else 'not '}{having([*called, FAILED])}")
    if wanted.broken_schema:
        tool.append("schema_ok = false")
    terms += [having(called) for called in (tool, model) if len(called) > 1]
    if wanted.error:
        terms.append(having(equal(wanted, ("error",), params)))
    if wanted.prompt:
        terms.append(having(equal(wanted, ("prompt",), params)))
    if decided := of_decisions(wanted, params):
        terms.append(having(decided, repeated=True))
    return [*terms, having([REFUSED])] if wanted.model_refused else terms


def of_decisions(wanted: Conditions, params: dict[str, object]) -> list[str]:
    """What was decided about one of their steps."""
    terms = ["decision <> ''"] if wanted.decision == "any" else []
    if wanted.decision not in ("", "any"):
        params["decision"] = wanted.decision
        terms.append("decision = $decision")
    if wanted.decision_reason:
        params["decision_reason"] = wanted.decision_reason
        terms.append("list_contains(string_split(reasons, ','), $decision_reason)")
    if wanted.decided_tool:
        params["decided_tool"] = wanted.decided_tool
        terms.append("kind = 'tool' and tool = $decided_tool")
    if wanted.decided_text:
        terms.append("kind <> 'tool'")
    return [*terms, "suspected"] if wanted.suspected else terms


def equal(wanted: Conditions, names: Sequence[str], params: dict[str, object]) -> list[str]:
    """The columns of steps that a condition names."""
    given = [name for name in names if getattr(wanted, name)]
    params.update({name: getattr(wanted, name) for name in given})
    return [f"{COLUMN[name]} = ${name}" for name in given]


def having(terms: Sequence[str], *, repeated: bool = False) -> str:
    """That a session has a step like that; with `repeated` also one that only repeats another."""
    found = f"select session from steps where project = $project{'' if repeated else ' and not repeated'}"
    return f"(session in ({found} and {' and '.join(terms)}))"
