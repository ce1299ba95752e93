"""Promises: objectives about an agent's tasks, and the error budgets that they leave.

window.py      which minutes a budget is for: rolling, or calendar periods of a zone
slices.py      what counts as an event: tasks, or slices of time
ledger.py      running sums, so that any stretch of time is two look-ups
counted.py     an objective's events as they were counted by the minute
budget.py      what is left, over time, and of a composite
burn.py        how fast it is used, and when it is used up
policy.py      what follows when it runs low: actions that others carry out
openslo/       the documents that promises are written in
"""

from trimtab.loop.budget.budget import Budget, Composite, Series, budget_at, compose, consumed
from trimtab.loop.budget.burn import Burn, Forecast, burn_at, burn_series, burns_at, forecast
from trimtab.loop.budget.counted import minutes_for, series_for, spread
from trimtab.loop.budget.ledger import Ledger, Tally, counts, ledger_of, tally
from trimtab.loop.budget.model import (
    Comparison,
    Detector,
    Measure,
    Method,
    Minutes,
    Objective,
    Risk,
    Span,
    Window,
)
from trimtab.loop.budget.openslo import (
    AlertCondition,
    AlertPolicy,
    NotificationTarget,
    Problem,
    Promises,
    Rejected,
    Service,
    default_policies,
    read_promises,
    write_slo,
)
from trimtab.loop.budget.policy import Act, Action, ErrorBudgetPolicy, Rule, actions_at
from trimtab.loop.budget.slices import Events, events_of
from trimtab.loop.budget.window import (
    Period,
    mature_until,
    minute_after,
    minutes_of,
    period_at,
    span_of,
    text_of,
)

__all__ = [
    "Act",
    "Action",
    "AlertCondition",
    "AlertPolicy",
    "Budget",
    "Burn",
    "Comparison",
    "Composite",
    "Detector",
    "ErrorBudgetPolicy",
    "Events",
    "Forecast",
    "Ledger",
    "Measure",
    "Method",
    "Minutes",
    "NotificationTarget",
    "Objective",
    "Period",
    "Problem",
    "Promises",
    "Rejected",
    "Risk",
    "Rule",
    "Series",
    "Service",
    "Span",
    "Tally",
    "Window",
    "actions_at",
    "budget_at",
    "burn_at",
    "burn_series",
    "burns_at",
    "compose",
    "consumed",
    "counts",
    "default_policies",
    "events_of",
    "forecast",
    "ledger_of",
    "mature_until",
    "minute_after",
    "minutes_for",
    "minutes_of",
    "period_at",
    "read_promises",
    "series_for",
    "span_of",
    "spread",
    "tally",
    "text_of",
    "write_slo",
]
