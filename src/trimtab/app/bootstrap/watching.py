"""What keeps promises: the engine that looks at them, the incidents that pages open, and what carries messages to people."""

import contextlib
import os
import random
import secrets
from dataclasses import dataclass
from fnmatch import fnmatchcase

from trimtab.adapters.alertmanager import AlertmanagerPush, AlertmanagerWebhook
from trimtab.adapters.cloudevents import CloudEvents
from trimtab.adapters.jira import Jira
from trimtab.adapters.linear import Linear
from trimtab.adapters.opsgenie import Opsgenie
from trimtab.adapters.pagerduty import PagerDuty
from trimtab.adapters.servicenow import ServiceNow
from trimtab.adapters.slack import Slack
from trimtab.adapters.smtp import Smtp
from trimtab.adapters.sql_state import SqlAlertStore, SqlIncidentStore
from trimtab.adapters.teams import Teams
from trimtab.app.bootstrap.late import web_within
from trimtab.app.settings import Settings, reached_at
from trimtab.loop.access import Reach
from trimtab.loop.alert import (
    AlertStore,
    Applied,
    Courier,
    Delivery,
    Notifier,
    Parts,
    Promised,
    Secrets,
    Turn,
    Watch,
    Web,
)
from trimtab.loop.incident import IncidentStore, attend, sightings_of
from trimtab.loop.ingest import Applier
from trimtab.loop.sli import catalogue
from trimtab.loop.store import Sources, State

OVER_HTTP = {
    "alertmanager": AlertmanagerPush,
    "cloudevents": CloudEvents,
    "jira": Jira,
    "linear": Linear,
    "opsgenie": Opsgenie,
    "pagerduty": PagerDuty,
    "servicenow": ServiceNow,
    "slack": Slack,
    "teams": Teams,
    "webhook": AlertmanagerWebhook,
}
BEHIND = 500
"""So many bodies may wait to be applied while promises are looked at; of more, the numbers would be those of the past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The stores of alerts and incidents, what is promised, and the engine that looks at it."""

    state: State
    promised: Promised
    alerts: AlertStore
    incidents: IncidentStore
    watch: Watch

    def applied(self, project: str) -> Applied:
        """What a project has applied."""
        return self.promised.of(project, catalogue(self.state, project))


class Notifiers:
    """Who carries the messages of a receiver, as the routing document of its project says now."""

    def __init__(self, sources: Sources, promised: Promised, web: Web, settings: Settings) -> None:
        """Secrets that match a pattern are looked up in the environment and in files, at each message."""
        self._sources, self._promised, self._web = sources, promised, web
        allowed = [one.strip() for one in settings.secrets.split(",")]
        self._reach = Reach.read(settings.reach)
        self._secrets = Secrets(allowed=lambda name: any(fnmatchcase(name, one) for one in allowed))

    def of(self, project: str, receiver: str) -> Notifier | None:
        """The notifier of a receiver, None where the document has none of that name."""
        definitions = catalogue(self._sources.state, project)
        routing = self._promised.of(project, definitions).routing
        found = routing.receivers.get(receiver) if routing else None
        if found is None:
            return None
        if found.kind == "email":
            return Smtp(found.settings, self._secrets, reach=self._reach)
        return OVER_HTTP[found.kind](found.settings, self._secrets, self._web)


def open_watched(
    stack: contextlib.ExitStack, settings: Settings, where: str, read: tuple[Sources, Applier]
) -> Watched:
    """Open what keeps promises, and start it; on leaving, what is being sent is finished and the rest waits in the outbox."""
    sources, applier = read
    alerts, incidents = SqlAlertStore(where), SqlIncidentStore(where)
    stack.callback(incidents.close)
    stack.callback(alerts.close)
    web = web_within(Reach.read(settings.reach))
    stack.callback(web.close)
    promised = Promised(sources.state)
    holder = f"{os.getpid()}-{secrets.token_hex(4)}"
    notifiers = Notifiers(sources, promised, web, settings)
    courier = Courier(alerts, notifiers.of, sources.clock, holder, random.SystemRandom().random)
    delivery = Delivery(courier, alerts, sources.clock)
    stack.callback(delivery.close)
    delivery.start()

    def told(project: str, turn: Turn, now_ns: int) -> None:
        firing = [one for one in alerts.alerts(project) if one.ends_ns is None]
        attend(incidents, project, sightings_of(turn), firing, now_ns)

    parts = Parts(
        analytics=sources.analytics,
        state=sources.state,
        store=alerts,
        clock=sources.clock,
        holder=holder,
        address=f"http://{reached_at(settings.host, settings.http_port)}",
        caught_up=lambda: sources.journal.last() - applier.position <= BEHIND,
        told=told,
    )
    watch = Watch(parts)
    watch.start()
    stack.callback(watch.close)
    return Watched(state=sources.state, promised=promised, alerts=alerts, incidents=incidents, watch=watch)
