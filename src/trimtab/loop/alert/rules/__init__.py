"""When an alert fires: pure functions of the minutes of an objective; no clock, no store, no network.

windows.py    the pairs of windows of burn-rate rules, by the objective's period (windows.yaml)
events.py     from minutes to the events that an objective counts, and sums over windows
burn.py       multiwindow, multi-burn-rate rules
detector.py   an e-detector on single events, for targets and traffic where windows are too slow
"""

from trimtab.loop.alert.rules.burn import burn_rate
from trimtab.loop.alert.rules.detector import detector_of, levels_of
from trimtab.loop.alert.rules.events import events_of, mature_min
from trimtab.loop.alert.rules.model import Detector, Events, Pair, Rule
from trimtab.loop.alert.rules.windows import catalogues, pairs_of, period_min

__all__ = [
    "Detector",
    "Events",
    "Pair",
    "Rule",
    "burn_rate",
    "catalogues",
    "detector_of",
    "events_of",
    "levels_of",
    "mature_min",
    "pairs_of",
    "period_min",
]
