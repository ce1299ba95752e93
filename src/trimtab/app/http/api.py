"""The control API: thin routes over one function each."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trimtab.app.bootstrap import Server
from trimtab.app.http import (
    alerting,
    exporting,
    failing,
    forwarding,
    incidents,
    keeping,
    measuring,
    promising,
    reading,
)
from trimtab.app.http.otlp import read_body
from trimtab.app.http.problem import json_response
from trimtab.loop.store import Grant, KeyScope
from trimtab.vocabulary.kernel import Invalid

Use = Callable[[Server, Grant, dict[str, Any]], object]
Row = tuple[str, str, KeyScope, Use]


async def payload(request: Request, limit: int) -> Any:
    """The JSON body of a request, {} where it has none."""
    raw = await read_body(request, limit)
    try:
        return orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise Invalid(f"the body is not JSON: {error}", hint="send application/json", code="json") from error


def use(server: Server, method: str, path: str, scope: KeyScope, function: Use) -> Route:
    """A route that checks the key, merges path, query and body, and calls `function` off the event loop."""

    async def call(request: Request) -> Response:
        header = request.headers.get
        grant = server.grant(header("authorization"), header("x-trimtab-project"))
        grant.require(scope)
        arguments: dict[str, Any] = dict(request.query_params) | dict(request.path_params)
        if method == "POST":
            body = await payload(request, server.door.limits.body_bytes)
            arguments |= body if isinstance(body, dict) else {"items": body}
        found = await asyncio.to_thread(function, server, grant, arguments)
        return found if isinstance(found, Response) else json_response(found)

    return Route(f"/api/v1{path}", call, methods=[method])


def promise_routes() -> tuple[Row, ...]:
    """What is promised, and what is left of it."""
    return (
        ("GET", "/promises", "read", promising.show_promises),
        ("POST", "/promises", "admin", promising.apply_promises),
        ("POST", "/promises/plan", "read", promising.plan_promises),
        ("POST", "/promises/translate", "read", promising.translate_promises),
        ("GET", "/promises/proposals", "read", promising.propose_promises),
        ("GET", "/promises/backtest", "read", promising.backtest),
        ("POST", "/promises/backtest", "read", promising.backtest),
        ("GET", "/promises/prometheus", "read", promising.export_rules),
        ("GET", "/promises/grafana", "read", promising.export_dashboard),
        ("GET", "/slo", "read", promising.budgets),
        ("GET", "/slo/{objective:path}", "read", promising.budget),
    )


def alert_routes() -> tuple[Row, ...]:
    """What fires, who looks after it, and the incidents that came of it."""
    return (
        ("GET", "/alerts", "read", alerting.list_alerts),
        ("POST", "/alerts/ack", "admin", alerting.acknowledge_alert),
        ("GET", "/alerts/quality", "read", alerting.quality),
        ("GET", "/alerts/log", "read", alerting.delivery_log),
        ("POST", "/alerts/revive", "admin", alerting.revive_message),
        ("GET", "/silences", "read", alerting.list_silences),
        ("POST", "/silences", "admin", alerting.make_silence),
        ("POST", "/silences/end", "admin", alerting.end_silence),
        ("GET", "/oncall", "read", alerting.who_is_on_call),
        ("GET", "/incidents", "read", incidents.list_incidents),
        ("POST", "/incidents", "admin", incidents.declare_incident),
        ("GET", "/incidents/{incident}", "read", incidents.show_incident),
        ("POST", "/incidents/{incident}", "admin", incidents.act_on_incident),
    )


def api_routes(server: Server) -> list[Route]:
    """Every route of the control API: method, path, scope, function."""
    table: tuple[Row, ...] = (
        ("POST", "/facts", "ingest", keeping.take_facts),
        ("GET", "/sessions", "read", reading.list_sessions),
        ("GET", "/sessions/{session:path}/blame", "read", failing.blame_session),
        ("GET", "/sessions/{session:path}/said", "read", reading.show_said),
        ("GET", "/sessions/{session:path}", "read", reading.show_session),
        ("GET", "/steps/{trace}/{span}", "read", reading.show_step),
        ("GET", "/sli", "read", measuring.indicators),
        ("GET", "/infer", "read", measuring.infer),
        ("POST", "/infer", "admin", measuring.keep_inferred),
        ("GET", "/coverage", "read", measuring.covered),
        ("GET", "/trials", "read", measuring.repeated),
        ("GET", "/sli/catalogue", "read", measuring.show_catalogue),
        ("POST", "/sli/catalogue", "admin", measuring.add_indicators),
        ("POST", "/sli/remove", "admin", measuring.remove_indicator),
        ("GET", "/rates", "read", measuring.show_basis),
        ("POST", "/rates", "admin", measuring.set_basis),
        ("GET", "/export", "read", exporting.show_days),
        ("GET", "/export/{table}/{day}", "read", exporting.take_day),
        ("GET", "/forward", "read", forwarding.show),
        ("POST", "/forward", "admin", forwarding.add),
        ("POST", "/forward/remove", "admin", forwarding.remove),
        *promise_routes(),
        *alert_routes(),
        ("GET", "/changes", "read", reading.changes),
        ("GET", "/failures", "read", failing.failures),
        ("GET", "/failures/{fingerprint:path}", "read", failing.show_failure),
        ("GET", "/search", "read", reading.search_text),
        ("GET", "/tail", "read", reading.tail),
        ("POST", "/query", "read", reading.query),
        ("GET", "/status", "read", keeping.status),
        ("GET", "/doctor", "read", keeping.doctor),
        ("GET", "/doctor/checks", "read", keeping.doctor_catalogue),
        ("GET", "/retention", "read", keeping.show_retention),
        ("POST", "/retention", "admin", keeping.set_retention),
        ("POST", "/retention/run", "admin", keeping.run_retention),
        ("POST", "/erase", "admin", keeping.erase),
        ("GET", "/erasures", "admin", keeping.list_erasures),
        ("POST", "/backup", "admin", keeping.backup),
        ("POST", "/rebuild", "admin", keeping.rebuild),
        ("GET", "/keys", "admin", keeping.list_keys),
        ("POST", "/keys", "admin", keeping.make_key),
        ("POST", "/keys/revoke", "admin", keeping.revoke_key),
    )
    return [use(server, *row) for row in table]
