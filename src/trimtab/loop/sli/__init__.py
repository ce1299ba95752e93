"""Service-level indicators of agents: good, bad, excluded and unknown events, never averages of ratios.

catalogue.yaml  the indicators as data; define.py adds a project's own
question.py     what they are counted on, measure.py the counting: every source is read once
basis.py        declared rates, and when a session has matured
blind.py        what can be seen of each agent (coverage.yaml), and what not
answers/        each tool and each model; each provider and when it was out; what contracts decided; what became worse; cost by the day and where the month will end
result.py       value, n, interval, method and health
tallies.py      what was counted once of a period that is over, added up where a question holds it whole
minutes.py      counts by the minute, counted anew where something changed: what objectives are computed from
"""

from trimtab.loop.sli.answers.breaching import Told, bad_sessions, told_sessions
from trimtab.loop.sli.answers.called import called_models, called_tools
from trimtab.loop.sli.answers.decided import decisions
from trimtab.loop.sli.answers.providers import providers
from trimtab.loop.sli.answers.spend import spending_by_day
from trimtab.loop.sli.answers.weeks import compare_days
from trimtab.loop.sli.basis import Basis, basis_of, declare
from trimtab.loop.sli.blind import coverage
from trimtab.loop.sli.define import add, built_in, catalogue, chosen, own, remove
from trimtab.loop.sli.indicators import report
from trimtab.loop.sli.measure import count_by
from trimtab.loop.sli.minutes import Series, count_once, read_minutes, refresh, series_of, totals_by_series
from trimtab.loop.sli.model import Definition, definition_of
from trimtab.loop.sli.tallier import Tallier
from trimtab.loop.sli.tallies import sum_up

__all__ = [
    "Basis",
    "Definition",
    "Series",
    "Tallier",
    "Told",
    "add",
    "bad_sessions",
    "basis_of",
    "built_in",
    "called_models",
    "called_tools",
    "catalogue",
    "chosen",
    "compare_days",
    "count_by",
    "count_once",
    "coverage",
    "decisions",
    "declare",
    "definition_of",
    "own",
    "providers",
    "read_minutes",
    "refresh",
    "remove",
    "report",
    "series_of",
    "spending_by_day",
    "sum_up",
    "told_sessions",
    "totals_by_series",
]
