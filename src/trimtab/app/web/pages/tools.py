"""What agents call: tools, models, their providers and when they were out, and what is known of safety."""

from typing import Any

from trimtab.app.http.measuring import indicators, show_models, show_providers, show_tools
from trimtab.app.web.asking import Asking
from trimtab.app.web.pages.sessions import SPANS, since_ns

SAFETY = "safety,injection_resistance,groundedness,retrieval_quality"


def page(asking: Asking) -> dict[str, Any]:
    """Each tool and each model, and the safety of each agent; of a cohort where the address names one."""
    query = {name: value for name, value in asking.query.items() if value}
    cohort = {name: value for name, value in query.items() if name != "since"}
    given = cohort | {"since_ns": since_ns(asking)}
    return {
        "tools": asking.ask(show_tools, "/tools", given, dear=True)["tools"],
        "models": asking.ask(show_models, "/models", given, dear=True)["models"],
        "found": asking.ask(show_providers, "/providers", given, dear=True),
        "safe": asking.ask(indicators, "/sli", given | {"by": "agent", "name": SAFETY}, dear=True)["groups"],
        "state": query,
        "cohort": cohort,
        "spans": ("", *SPANS),
    }
