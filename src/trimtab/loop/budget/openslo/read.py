"""OpenSLO files to promises: everything is read and joined, or nothing is."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from trimtab.loop.budget.openslo.alerting import (
    alert_condition,
    alert_policies,
    alert_policy,
    budget_policy,
)
from trimtab.loop.budget.openslo.library import Library, collect
from trimtab.loop.budget.openslo.measures import metrics_of
from trimtab.loop.budget.openslo.model import Promises, Service
from trimtab.loop.budget.openslo.objectives import labels_of, objectives_of
from trimtab.loop.budget.policy import ErrorBudgetPolicy
from trimtab.loop.sli import Definition, built_in
from trimtab.vocabulary.document import Node, rejected

MAX_FILES = 500
DEFAULT = "default_policy.yaml"


def read_promises(texts: Mapping[str, str], definitions: Mapping[str, Definition] | None = None) -> Promises:
    """The promises of files (name -> text) of OpenSLO v1 documents; raises `Rejected` with all their problems.

    `definitions` are the indicators that may be named: those that come with Trimtab, unless others are given.
    """
    if len(texts) > MAX_FILES:
        raise rejected(next(iter(texts)), 1, f"one of {len(texts)} files", f"at most {MAX_FILES} at once")
    library = collect(texts)
    known = built_in() if definitions is None else definitions
    objectives = [
        one for name, node in library.sound("SLO") for one in objectives_of(library, known, name, node)
    ]
    alerting = {name: alert_policies(library, node) for name, node in library.sound("SLO")}
    policies = [budget_policy(library, name, node) for name, node in library.sound("ErrorBudgetPolicy")]
    services = [service(name, node) for name, node in library.sound("Service")]
    check_alone(library)
    library.problems.stop()
    return Promises(
        objectives=tuple(objectives),
        services=tuple(services),
        alerting={name: found for name, found in alerting.items() if found},
        policies=tuple(policies),
    )


@lru_cache(maxsize=1)
def default_policies() -> tuple[ErrorBudgetPolicy, ...]:
    """The policy of a project that has none of its own."""
    text = files("trimtab.loop.budget.openslo").joinpath(DEFAULT).read_text(encoding="utf-8")
    return read_promises({DEFAULT: text}).policies


def check_alone(library: Library) -> None:
    """Check what no SLO uses: the same object must be right wherever it will be used."""
    for _, node in library.sound("SLI"):
        metrics_of(library, node.fields["spec"])
    for _, node in library.sound("AlertPolicy"):
        alert_policy(library, node)
    for _, node in library.sound("AlertCondition"):
        alert_condition(library, node)


def service(name: str, node: Node) -> Service:
    """A service document as a value."""
    return Service(
        name=name,
        title=node.words("metadata", "displayName"),
        description=node.words("spec", "description"),
        labels=labels_of(node),
    )
