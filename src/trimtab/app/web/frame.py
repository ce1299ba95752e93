"""How every page is made: escaped by default, inert whatever it shows, under a policy that lets nothing foreign in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from trimtab.app.web import chart, files, words

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MENU = (
    ("/", "Home", "h"),
    ("/sessions", "Sessions", "s"),
    ("/queue", "Queue", "q"),
    ("/failures", "Failures", "f"),
    ("/objectives", "Objectives", "o"),
    ("/tools", "Tools", "t"),
    ("/safety", "Safety", "y"),
    ("/alerts", "Alerts", "a"),
    ("/incidents", "Incidents", "i"),
    ("/approvals", "Approvals", "p"),
    ("/cost", "Cost", "c"),
)


def environment() -> Environment:
    """The templates: what they print is made inert and then escaped; a name that is missing is a fault."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(words.FILTERS)
    names = cast("dict[str, Any]", found.globals)
    names |= {
        "menu": MENU,
        "line_chart": chart.line_chart,
        "static": files.ADDRESS,
        "session_url": words.session_url,
        "matcher": words.matcher,
    }
    return found


TEMPLATES = environment()


def render(template: str, values: Mapping[str, Any], *, status: int = 200) -> Response:
    """A page."""
    given = {
        "here": "",
        "calls": (),
        "project": "",
        "now_ns": 0,
        "counted_ns": None,
        "refresh": 0,
        "error": None,
        "may": frozenset[str](),
        "waiting": 0,
    } | dict(values)
    return HTMLResponse(TEMPLATES.get_template(template).render(given), status, HEADERS)
