"""What documents say, beside the objectives: services, how to alert, and whom to tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trimtab.loop.budget.model import Comparison, Objective
from trimtab.loop.budget.policy import ErrorBudgetPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What SLOs are about."""

    name: str
    title: str = ""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationTarget:
    """Whom or what an alert tells: the kind of the target (`email`, `slack`) under a name."""

    name: str
    target: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCondition:
    """A burn rate `op` a threshold over the last `lookback_min` minutes, for `after_min` minutes."""

    name: str
    severity: str
    threshold: float
    lookback_min: int
    after_min: int = 0
    op: Comparison = "gte"
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """One condition, whom to tell, and of which of breach, resolution and missing data."""

    name: str
    condition: AlertCondition
    targets: tuple[NotificationTarget, ...]
    when_breaching: bool = False
    when_resolved: bool = False
    when_no_data: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """Everything that a set of files says; `alerting` is by the name of the SLO."""

    objectives: tuple[Objective, ...] = ()
    services: tuple[Service, ...] = ()
    alerting: Mapping[str, tuple[AlertPolicy, ...]] = field(
        default_factory=dict[str, tuple[AlertPolicy, ...]]
    )
    policies: tuple[ErrorBudgetPolicy, ...] = ()
