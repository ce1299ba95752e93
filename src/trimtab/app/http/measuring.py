"""The indicators over the API, and the catalogue that defines them."""

from dataclasses import asdict
from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.app.http.reading import scope_of, whole_number
from trimtab.loop.evals import facts_of, inference, trials
from trimtab.loop.sli import (
    add,
    basis_of,
    built_in,
    called_models,
    called_tools,
    catalogue,
    chosen,
    compare_days,
    coverage,
    decisions,
    declare,
    own,
    providers,
    remove,
    report,
    spending_by_day,
)
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Invalid

Arguments = dict[str, Any]
MAX_FACTS = 5000
MOST_DAYS = 365


def indicators(server: Server, grant: Grant, arguments: Arguments) -> object:
    """The indicators of a scope, split by dimensions: all that are quick, or those that are named."""
    by, names = listed(arguments, "by"), listed(arguments, "name")
    definitions = chosen(catalogue(server.state, grant.project), names)
    basis = basis_of(server.state, grant.project)
    return report(server.analytics, scope_of(grant, arguments), by, definitions, basis)


def show_tools(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Each tool of a scope: calls, errors, broken schemas, time, retries, cost, and how many sessions stand behind them."""
    basis = basis_of(server.state, grant.project)
    return {"tools": called_tools(server.analytics, scope_of(grant, arguments), basis)}


def show_models(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Each model of a scope by provider: calls, share, errors, time, tokens, cost, and how many sessions stand behind them."""
    return {"models": called_models(server.analytics, scope_of(grant, arguments))}


def show_providers(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Each provider of a scope: share of calls, tokens and cost, errors by class, how concentrated they are, and when each was out."""
    return providers(server.analytics, scope_of(grant, arguments))


def show_safety(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What contracts decided in a scope: by agent, tool and reason, with what seemed injected and what models refused."""
    return decisions(server.analytics, scope_of(grant, arguments))


def compared(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What differs of each agent between the latest days and as many before: beyond chance, the clearest first."""
    days, names = whole_number(arguments, "days", 7) or 7, listed(arguments, "name")
    if days > MOST_DAYS:
        raise Invalid(f"days={days} is out of bounds", hint=f"1 to {MOST_DAYS}")
    scope = scope_of(grant, {name: value for name, value in arguments.items() if name != "days"})
    definitions = chosen(catalogue(server.state, grant.project), names)
    basis = basis_of(server.state, grant.project)
    return compare_days(server.analytics, scope, server.clock.now_ns(), definitions, basis, days=days)


def show_cost(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What each day cost, and what the month will have cost if it goes on like that."""
    basis = basis_of(server.state, grant.project)
    return spending_by_day(server.analytics, scope_of(grant, arguments), server.clock.now_ns(), basis)


def covered(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What can be seen of each agent, and the worst blind spots."""
    return coverage(server.analytics, scope_of(grant, arguments))


def infer(server: Server, grant: Grant, arguments: Arguments) -> object:
    """The rate of success that labels and what is inferred from them support together."""
    return inference(server.analytics, scope_of(grant, arguments), str(arguments.get("group") or ""))


def keep_inferred(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Infer, and keep what was inferred of closed sessions as facts; answered when they are on disk."""
    answer = inference(server.analytics, scope_of(grant, arguments), str(arguments.get("group") or ""))
    facts = facts_of(answer, server.clock.now_ns() / 1e9)
    tickets = [server.door.facts(grant.project, part) for part in batched(facts, MAX_FACTS)]
    position = max((ticket.durable.result() for ticket in tickets), default=0)
    return answer | {"kept": len(facts), "position": position}


def batched(items: list[Any], size: int) -> list[list[Any]]:
    """The items in runs of at most `size`."""
    return [items[at : at + size] for at in range(0, len(items), size)]


def repeated(server: Server, grant: Grant, arguments: Arguments) -> object:
    """pass@k and pass^k of tasks that were tried several times."""
    most = whole_number(arguments, "k", 4) or 0
    return trials(server.analytics, scope_of(grant, arguments), str(arguments.get("group") or "task"), most)


def listed(arguments: Arguments, key: str) -> list[str]:
    """Names with commas between them."""
    return [name for name in str(arguments.get(key, "")).split(",") if name]


def show_catalogue(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Every indicator and how it is measured."""
    shown = [(one, "trimtab") for one in built_in().values()]
    shown += [(one, "project") for one in own(server.state, grant.project).values()]
    return {"indicators": [asdict(one) | {"from": source} for one, source in shown]}


def add_indicators(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Add the indicators of a YAML text: all of them, or none with a message that names the wrong one."""
    text = arguments.get("yaml")
    if not isinstance(text, str) or not text.strip():
        raise Invalid(
            "no definition", hint='send {"yaml": "name: ...\\nof: sessions\\ngood: ...\\nbad: ..."}'
        )
    return {"added": add(server.state, server.analytics, grant.project, text)}


def show_basis(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """The rates that the project declared, and when its sessions have matured."""
    return asdict(basis_of(server.state, grant.project))


def set_basis(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Declare rates: what is given changes, the rest stays."""
    return asdict(declare(server.state, grant.project, arguments))


def remove_indicator(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Remove an indicator that the project added."""
    name = str(arguments.get("name", ""))
    remove(server.state, grant.project, name)
    return {"removed": name}
