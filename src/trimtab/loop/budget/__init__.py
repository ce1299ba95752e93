"""Promises: objectives about an agent's tasks, and the error budgets that they leave.

window.py      which minutes a budget is for: rolling, or calendar periods of a zone
slices.py      what counts as an event: tasks, or slices of time
ledger.py      running sums, so that any stretch of time is two look-ups
counted.py     an objective's events as they were counted by the minute
budget.py      what is left, over time, and of a composite
burn.py        how fast it is used, and when it is used up
report.py      the rows that every screen shows
policy.py      what follows when it runs low: actions that others carry out
openslo/       the documents that promises are written in
imports/       promises made with other tools, and what those would say of the same minutes
difference.py  what applying objectives would change; propose.py a target from what was kept, proposals.py all of an agent's
contracted.py  what an agent's contract starts it with
"""

from trimtab.loop.budget.budget import Budget, Composite, Series, budget_at, compose, consumed
from trimtab.loop.budget.burn import Burn, Forecast, burn_at, burn_series, burns_at, forecast
from trimtab.loop.budget.contracted import promised
from trimtab.loop.budget.counted import lateness_s, minutes_for, minutes_now, series_for, spread, values_of
from trimtab.loop.budget.difference import Change, FieldChange, Plan, plan
from trimtab.loop.budget.imports import (
    Answers,
    Contrast,
    Imported,
    Question,
    Said,
    answers_of,
    compare_agt,
    compare_sloth,
    import_agt,
    import_sloth,
)
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
from trimtab.loop.budget.proposals import propose_all
from trimtab.loop.budget.propose import Option, Proposal, Week, propose
from trimtab.loop.budget.report import composites_of, history_of, status_of
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
    "Answers",
    "Budget",
    "Burn",
    "Change",
    "Comparison",
    "Composite",
    "Contrast",
    "Detector",
    "ErrorBudgetPolicy",
    "Events",
    "FieldChange",
    "Forecast",
    "Imported",
    "Ledger",
    "Measure",
    "Method",
    "Minutes",
    "NotificationTarget",
    "Objective",
    "Option",
    "Period",
    "Plan",
    "Problem",
    "Promises",
    "Proposal",
    "Question",
    "Rejected",
    "Risk",
    "Rule",
    "Said",
    "Series",
    "Service",
    "Span",
    "Tally",
    "Week",
    "Window",
    "actions_at",
    "answers_of",
    "budget_at",
    "burn_at",
    "burn_series",
    "burns_at",
    "compare_agt",
    "compare_sloth",
    "compose",
    "composites_of",
    "consumed",
    "counts",
    "default_policies",
    "events_of",
    "forecast",
    "history_of",
    "import_agt",
    "import_sloth",
    "lateness_s",
    "ledger_of",
    "mature_until",
    "minute_after",
    "minutes_for",
    "minutes_now",
    "minutes_of",
    "period_at",
    "plan",
    "promised",
    "propose",
    "propose_all",
    "read_promises",
    "series_for",
    "span_of",
    "spread",
    "status_of",
    "tally",
    "text_of",
    "values_of",
    "write_slo",
]
