"""`/metrics`: budgets, burn rates and events of every objective, and Trimtab's own health, as OpenMetrics.

https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
"""

from collections import Counter
from collections.abc import Iterator
from typing import cast

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.openmetrics import exposition
from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.loop.budget import status_of
from trimtab.loop.sli import totals_by_series
from trimtab.loop.store import Grant

OF_OBJECTIVE = ("project", "objective", "slo", "service")
STANDINGS = ("waiting", "refused", "dead")
Totals = dict[tuple[str, ...], float]


class Exposition:
    """The metrics of one server; counters never go back, also where late facts restate what was counted."""

    def __init__(self, server: Server) -> None:
        """Nothing was exposed yet."""
        self._server = server
        self._totals: Totals = {}

    def render(self, grant: Grant) -> Response:
        """The metrics of the project of a key, and of the server."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Once([*self.promises(grant.project), *self.health(grant.project)]))
        text = cast("bytes", exposition.generate_latest(registry))  # pyright: ignore[reportUnknownMemberType] - a parameter has no type
        return Response(text, media_type=exposition.CONTENT_TYPE_LATEST)

    def promises(self, project: str) -> Iterator[Metric]:
        """What is left of every budget, and how fast it burns; what has no value is left out, never 0."""
        counted = self._server.watched.watch.counted(project)
        now_ns = self._server.clock.now_ns()
        totals = totals_by_series(self._server.analytics, project)
        events = CounterMetricFamily(
            "trimtab_sli_events", "Events that an objective counted.", labels=(*OF_OBJECTIVE, "outcome")
        )
        target = GaugeMetricFamily(
            "trimtab_slo_target", "The share of good events promised.", labels=OF_OBJECTIVE
        )
        kept = GaugeMetricFamily(
            "trimtab_slo_achieved", "The share of good events in the window.", labels=OF_OBJECTIVE
        )
        left = GaugeMetricFamily(
            "trimtab_slo_budget_left",
            "The share of the error budget left; below 0 when overdrawn.",
            labels=OF_OBJECTIVE,
        )
        burn = GaugeMetricFamily(
            "trimtab_slo_burn_rate", "How many times faster than it lasts.", labels=(*OF_OBJECTIVE, "window")
        )
        for one in counted:
            row = status_of(one.objective, one.minutes, now_ns, one.methods)
            labels = (project, row["id"], row["slo"], row["service"])
            target.add_metric(labels, row["target"])
            for family, value in ((kept, row["achieved"]), (left, row["left"])):
                if value is not None:
                    family.add_metric(labels, value)
            for window, rate in row["burn"].items():
                if rate is not None:
                    burn.add_metric((*labels, window), rate)
            for outcome, total in totals.get(one.series, {}).items():
                events.add_metric((*labels, outcome), self.grown((*labels, outcome), total))
        yield from (events, target, kept, left, burn)

    def grown(self, key: tuple[str, ...], total: float) -> float:
        """A total as a counter: what was exposed before is not taken back."""
        found = self._totals[key] = max(total, self._totals.get(key, 0.0))
        return found

    def health(self, project: str) -> Iterator[Metric]:
        """What fires, what waits to be told, and how far the server is behind."""
        watched, server = self._server.watched, self._server
        firing = Counter(
            one.labels.get("severity", "") for one in watched.alerts.alerts(project) if one.ends_ns is None
        )
        alerts = GaugeMetricFamily(
            "trimtab_alerts_firing", "Alerts that fire.", labels=("project", "severity")
        )
        for severity in ("page", "ticket"):
            alerts.add_metric((project, severity), firing[severity])
        going = watched.incidents.incidents(project, ("open", "acknowledged", "mitigated"))
        outbox = GaugeMetricFamily(
            "trimtab_messages", "Messages that are not delivered.", labels=("project", "standing")
        )
        for standing in STANDINGS:
            outbox.add_metric((project, standing), len(watched.alerts.queued(project, standing, 1000)))
        yield from (
            alerts,
            outbox,
            GaugeMetricFamily(
                "trimtab_incidents_going", "Incidents that are not resolved.", value=len(going)
            ),
            GaugeMetricFamily(
                "trimtab_watch_looked_timestamp_seconds",
                "The last look at the promises.",
                value=watched.watch.looked_ns / 1e9,
            ),
            GaugeMetricFamily(
                "trimtab_backlog_bytes", "Acknowledged, not applied.", value=server.applier.backlog_bytes
            ),
            GaugeMetricFamily(
                "trimtab_skipped_bodies", "Bodies that give no rows.", value=server.applier.skipped
            ),
        )


class Once:
    """A collector of metrics that are there already."""

    def __init__(self, metrics: list[Metric]) -> None:
        """Give these."""
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        """All of them."""
        return self._metrics
