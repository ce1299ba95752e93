"""What fires, and what keeps silent."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from trimtab.app.http.alerting import list_alerts, list_silences
from trimtab.app.http.looking.breaching import show_breaches
from trimtab.app.web.asking import Asking, Json
from trimtab.app.web.words import matcher
from trimtab.vocabulary.kernel import TrimtabError

LASTS = ("1h", "2h", "8h", "24h", "7d")
BEFORE_NS = 3_600_000_000_000
"""Rows are shown from so long before an alert fired, where it does not say what made it fire."""
MOST_SPLIT = 5
"""Of so many alerts it is said where their sessions differ; `trimtab breaches` says it of any."""


def page(asking: Asking) -> dict[str, Any]:
    """The alerts that fire, each with the way to its rows and where they differ; with `all=yes` those that ended, too."""
    everything = "yes" if asking.query.get("all") == "yes" else ""
    found = asking.ask(list_alerts, "/alerts", {"all": everything})
    rows = {one["fingerprint"]: breaching(one) for one in found["alerts"]}
    first = [one["fingerprint"] for one in found["alerts"] if rows[one["fingerprint"]]][:MOST_SPLIT]
    return {
        "found": found,
        "rows": rows,
        "splits": {name: split(asking, rows[name]) for name in first},
        "everything": everything,
        "lasts": LASTS,
        "refresh": 15,
    }


def breaching(alert: Json) -> Json:
    """The filter of the sessions that made an alert fire, and of those that break its objective since; empty without an objective."""
    if not (objective := alert["labels"].get("objective", "")):
        return {}
    asked = parse_qs(urlsplit(str(alert["annotations"].get("rows", ""))).query).get("since_ns", [""])[0]
    since_ns = int(asked) if asked.isdecimal() else alert["starts_ns"] - BEFORE_NS
    ends = {"until_ns": alert["ends_ns"]} if alert["ends_ns"] else {}
    return {"breaches": objective, "since_ns": since_ns, **ends}


def split(asking: Asking, rows: Json) -> Json | None:
    """Where the sessions of a filter differ from the others of its time; None where nobody can say."""
    given = {"objective" if name == "breaches" else name: value for name, value in rows.items()}
    try:
        return asking.ask(show_breaches, "/breaches", given, dear=True)
    except TrimtabError:
        return None


def silences(asking: Asking) -> dict[str, Any]:
    """Silences that hold, are to come, or ended in the last week; a new one for the labels of the address."""
    found = asking.ask(list_silences, "/silences")
    return {"found": found, "given": matchers_of(asking.query), "lasts": LASTS, "refresh": 15}


def matchers_of(query: Mapping[str, str]) -> Sequence[str]:
    """The conditions that an address names: `slo=shop` becomes `slo="shop"`."""
    return [matcher(name, value) for name, value in query.items() if value]
