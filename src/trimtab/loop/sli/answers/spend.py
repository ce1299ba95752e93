"""What was spent by the day, and what the month will have cost if it goes on like that."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from trimtab.loop.sli.basis import Basis
from trimtab.loop.sli.question import NOTHING_DECLARED, Question
from trimtab.loop.sli.room import Ours
from trimtab.loop.store import DAY_NS, Analytics, Scope
from trimtab.vocabulary.kernel import line_sum

Json = dict[str, Any]
LOOKED_DAYS, LEAST_DAYS = 28, 7
BY_DAY = f"""select coalesce(closed_ns, last_ns) // {DAY_NS} as day, count(*) as sessions, count(cost_usd) as priced,
  sum(cost_usd) as cost_usd from source group by day order by day"""


def spending_by_day(analytics: Analytics, scope: Scope, now_ns: int, basis: Basis = NOTHING_DECLARED) -> Json:
    """Each day (UTC) with its sessions and what those cost whose cost is known; and the month as far as one can tell.

    The forecast is a straight line through the complete days, of the latest four weeks at most: with its 95 % interval for days
    that scatter about that line as the complete ones do. It knows nothing of weekdays, releases, or costs that are unknown.
    """
    with analytics.snapshot() as seen:
        question = Question(Ours(rows=seen, project=scope.project), scope, (), basis)
        rows = question.ask(question.source("sessions", (), slow=False), BY_DAY)
    found = {int(row["day"]): row for row in rows}
    today = now_ns // DAY_NS
    days = range(min(found, default=today), today + 1)
    told = [
        {
            "day_ns": day * DAY_NS,
            "sessions": found[day]["sessions"] if day in found else 0,
            "unknown": found[day]["sessions"] - found[day]["priced"] if day in found else 0,
            "cost_usd": found[day]["cost_usd"] if day in found else 0.0,
        }
        for day in days
    ]
    return {"days": told, "month": month_of(told, now_ns)}


def month_of(days: Sequence[Json], now_ns: int) -> Json:
    """The month so far, and at its end; without a week of complete days there is no forecast, and it says so."""
    now = datetime.fromtimestamp(now_ns // 10**9, UTC)
    first = datetime(now.year, now.month, 1, tzinfo=UTC)
    after = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    begins, ends = (int(one.timestamp()) * 10**9 for one in (first, after))
    mine = [one for one in days if one["day_ns"] >= begins]
    known = [one["cost_usd"] for one in mine if one["sessions"] and one["cost_usd"] is not None]
    complete = [one["cost_usd"] or 0.0 for one in days[1:-1]][-LOOKED_DAYS:]
    past = math.fsum(one["cost_usd"] or 0.0 for one in days[:-1] if one["day_ns"] >= begins)
    spent = math.fsum(known) if known else None
    month: Json = {
        "begins_ns": begins,
        "ends_ns": ends,
        "spent_usd": spent,
        "unknown": sum(one["unknown"] for one in mine),
        "days": len(complete),
        "forecast_usd": None,
        "interval": None,
        "why": "",
    }
    if len(complete) < LEAST_DAYS or spent is None:
        return month | {"why": f"a forecast needs {LEAST_DAYS} complete days with a known cost"}
    ahead = ends // DAY_NS - now_ns // DAY_NS
    value, half = line_sum(complete, ahead)
    return month | {
        "forecast_usd": max(spent, past + value),
        "interval": [max(spent, past + value - half), max(spent, past + value + half)],
    }
