"""What numbers rest on beside the events: declared prices of what no trace tells, and when a session has matured."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import orjson

from trimtab.loop.store import State
from trimtab.vocabulary.kernel import Invalid

KEY = "basis."
DAY_S = 86_400.0
MAX_TOOLS = 1000
HINT = 'for example {"tools_usd": {"web_search": 0.01}, "session_usd": 0.002, "hour_usd": 0.35}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """A project's declared rates in USD (of a call of a tool, of a session, of an hour of a session) and its maturity.

    Facts about a session that closed less than `maturity_s` ago may still be on their way.
    """

    tools_usd: Mapping[str, float] = field(default_factory=dict[str, float])
    session_usd: float = 0.0
    hour_usd: float = 0.0
    maturity_s: float = DAY_S


def basis_of(state: State, project: str) -> Basis:
    """What the project declared; no rates and a day where it has declared nothing."""
    kept = state.setting(KEY + project)
    return Basis(**orjson.loads(kept)) if kept else Basis()


def declare(state: State, project: str, given: Mapping[str, Any]) -> Basis:
    """Change what is given and keep the rest; raises `Invalid`. A tool's rate of 0 is forgotten."""
    if unknown := sorted(set(given) - {"tools_usd", "session_usd", "hour_usd", "maturity_s"}):
        raise Invalid(f"no rate: {unknown[0]!r}", hint=HINT)
    known = asdict(basis_of(state, project))
    tools = given.get("tools_usd", {})
    if not isinstance(tools, dict):
        raise Invalid("tools_usd is a mapping of tools to USD a call", hint=HINT)
    rates = cast("dict[str, object]", tools)
    merged = known["tools_usd"] | {name: amount(rate, f"the rate of {name}") for name, rate in rates.items()}
    known["tools_usd"] = {name: rate for name, rate in merged.items() if rate}
    if len(known["tools_usd"]) > MAX_TOOLS:
        raise Invalid(f"{len(known['tools_usd'])} tools have a rate", hint=f"at most {MAX_TOOLS}")
    known |= {name: amount(value, name) for name, value in given.items() if name != "tools_usd"}
    state.set_setting(KEY + project, orjson.dumps(known).decode())
    return Basis(**known)


def amount(value: object, name: str) -> float:
    """An amount that is not below 0; raises `Invalid` that names it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise Invalid(f"{name} is {value!r}, no amount", hint="a number from 0")
    return float(value)
