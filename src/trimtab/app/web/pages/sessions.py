"""The list of sessions: the whole state stands in the address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response

from trimtab.app.http.looking.sessions import (
    DECISIONS,
    EXPORTED,
    FILTERS,
    export_sessions,
    list_sessions,
    show_facets,
)
from trimtab.app.http.looking.views import list_views
from trimtab.app.http.problem import json_response
from trimtab.app.web.asking import Asking, Json
from trimtab.app.web.frame import HEADERS
from trimtab.app.web.lengths import UNIT_NS, length_ns
from trimtab.app.web.words import query_of
from trimtab.vocabulary.trace import OUTCOMES

SPANS = ("1h", "24h", "7d", "30d")
ASKED = ("outcome", "tool_error", "text", "since_ns", "until_ns", *sorted(FILTERS - {"of"}))
"""What the API knows by these names, too."""
OWN = ("agent", "since", "limit", "cursor", "form", *ASKED)
"""What the page itself means; every other name in the address is a dimension of a cohort."""
FOLLOWED = 50
PLACE = ("limit", "cursor")
MORE = (
    "tool",
    "llm",
    "llm_provider",
    "llm_error",
    "error",
    "broken_schema",
    "prompt",
    "breaches",
    "decision",
    "decision_reason",
    "decided_tool",
    "decided_text",
    "suspected",
    "model_refused",
    "failure",
    "least_usd",
    "most_usd",
    "least_s",
    "most_s",
)


def since_ns(asking: Asking) -> int | None:
    """The beginning that `since=24h` names, to the minute, so that a page can be loaded twice."""
    raw = asking.query.get("since", "")
    if not raw:
        return None
    minute = asking.now_ns // UNIT_NS["m"] * UNIT_NS["m"]
    return max(0, minute - length_ns("since", raw))


def filters_of(asking: Asking) -> dict[str, Any]:
    """The filters of the address as the API takes them."""
    query = asking.query
    cohort = {name: value for name, value in query.items() if name not in OWN and value}
    named = {name: query.get(name, "") for name in ("agent", *ASKED)}
    return cohort | named | {"since_ns": query.get("since_ns", "") or since_ns(asking)}


def page(asking: Asking) -> dict[str, Any]:
    """Sessions that the filters leave, how many there are, and how many of each value."""
    filters, given = filters_of(asking), {name: value for name, value in asking.query.items() if value}
    place = {name: given.get(name, "") for name in ("limit", "cursor")}
    found = asking.ask(list_sessions, "/sessions", filters | place)
    facets = asking.ask(show_facets, "/facets", filters, dear=True)["facets"]
    values = {one["name"]: one["values"] for one in facets}
    outcomes = {one["value"]: one["sessions"] for one in values["outcome"]}
    state = dict.fromkeys(OWN, "") | given | {"cursor": ""}
    return {
        "found": found,
        "counts": {name: outcomes.get(name, 0) for name in OUTCOMES},
        "facets": [
            one for one in facets if one["name"] != "outcome" and (one["values"] or state.get(one["name"]))
        ],
        "state": state,
        "filtered": bool(given.keys() - {"limit", "cursor"}),
        "placed": bool(given.get("cursor")),
        "cohort": {name: value for name, value in given.items() if name not in OWN},
        "asked": {name: given[name] for name in MORE if name in given},
        "spans": SPANS,
        "decisions": ("any", *DECISIONS),
        "views": [view_of(one, given) for one in asking.ask(list_views, "/views")["views"]],
        "kept": query_of({name: value for name, value in given.items() if name not in PLACE}),
        "origin": asking.origin,
        "empty_store": not found["total"] and not given,
        "refresh": 0 if given.get("cursor") else 15,
    }


def follow(asking: Asking) -> dict[str, Any]:
    """The sessions that came, or went on, since the place that the address names."""
    place = {"cursor": asking.query.get("cursor", ""), "limit": FOLLOWED}
    return {"found": asking.ask(list_sessions, "/sessions", filters_of(asking) | place)}


def view_of(kept: Json, given: Mapping[str, str]) -> Json:
    """A kept view as a link, and whether it is the one that is shown."""
    query = dict(parse_qsl(kept["query"]))
    shown = {name: value for name, value in given.items() if name not in PLACE}
    return {
        "name": kept["name"],
        "by": kept["by"],
        "link": f"/sessions{query_of(query)}",
        "here": query == shown,
    }


def export(asking: Asking) -> Response:
    """The sessions that the filters leave as a file: CSV, or with `form=json` JSON."""
    given = {name: one for name, one in filters_of(asking).items() if one}
    if asking.query.get("form") == "json":
        found = asking.ask(list_sessions, "/sessions", given | {"limit": EXPORTED})
        answer = json_response(found["sessions"])
        answer.headers["content-disposition"] = 'attachment; filename="sessions.json"'
    else:
        answer = export_sessions(asking.server, asking.grant, given)
    answer.headers.update(HEADERS)
    return answer
