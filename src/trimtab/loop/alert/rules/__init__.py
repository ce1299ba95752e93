"""When an alert fires: pure functions of the minutes of an objective; no clock, no store, no network.

windows.py    the pairs of windows of burn-rate rules, by the objective's period (windows.yaml)
events.py     from minutes to the events that an objective counts, and sums over windows
burn.py       multiwindow, multi-burn-rate rules
detector.py   an e-detector on single events, for targets and traffic where windows are too slow
choose.py     which of both suits a target and its traffic
lint.py       which rule can never fire; how late the others are, and how often for nothing
simulate.py   the numbers of lint that no formula gives
evaluate.py   the state of a rule: pending, firing, frozen, resolved
reason.py     why it moved, in a sentence; the alert that the outside sees
cohorts.py    which cohorts break an objective, the share of false ones bounded
explain.py    which cohort explains a breach
spans.py      bad spans found in hindsight
backtest.py   what rules would have sent in the past, held against bad spans
quality.py    how good the alerts were that went out; the noisy rules by name
"""

from trimtab.loop.alert.rules.backtest import Backtest, Firing, Score, backtest
from trimtab.loop.alert.rules.burn import burn_rate
from trimtab.loop.alert.rules.choose import Choice, Kind, choose, cohort_rule
from trimtab.loop.alert.rules.cohorts import Broken, name_cohorts
from trimtab.loop.alert.rules.detector import Evidence, detector_of, levels_of
from trimtab.loop.alert.rules.evaluate import State, begin, freeze_state, step, thaw_state
from trimtab.loop.alert.rules.events import events_of, mature_min
from trimtab.loop.alert.rules.explain import Excess, explain, newcombe
from trimtab.loop.alert.rules.lint import (
    Expectation,
    Finding,
    Lint,
    cross_min,
    expect_delay,
    find_dead,
    least_target,
    lint,
)
from trimtab.loop.alert.rules.model import Detector, Events, Move, Pair, Rule, Transition
from trimtab.loop.alert.rules.quality import AlertQuality, PastIncident, RuleQuality, SentAlert, judge_alerts
from trimtab.loop.alert.rules.reason import alert_of
from trimtab.loop.alert.rules.simulate import Delay, FalseAlarms, Traffic
from trimtab.loop.alert.rules.spans import BadSpan, find_spans
from trimtab.loop.alert.rules.windows import Catalogue, catalogues, pairs_of, period_min

__all__ = [
    "AlertQuality",
    "Backtest",
    "BadSpan",
    "Broken",
    "Catalogue",
    "Choice",
    "Delay",
    "Detector",
    "Events",
    "Evidence",
    "Excess",
    "Expectation",
    "FalseAlarms",
    "Finding",
    "Firing",
    "Kind",
    "Lint",
    "Move",
    "Pair",
    "PastIncident",
    "Rule",
    "RuleQuality",
    "Score",
    "SentAlert",
    "State",
    "Traffic",
    "Transition",
    "alert_of",
    "backtest",
    "begin",
    "burn_rate",
    "catalogues",
    "choose",
    "cohort_rule",
    "cross_min",
    "detector_of",
    "events_of",
    "expect_delay",
    "explain",
    "find_dead",
    "find_spans",
    "freeze_state",
    "judge_alerts",
    "least_target",
    "levels_of",
    "lint",
    "mature_min",
    "name_cohorts",
    "newcombe",
    "pairs_of",
    "period_min",
    "step",
    "thaw_state",
]
