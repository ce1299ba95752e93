"""The evaluation engine: minutes are counted anew, rules take their steps, and what follows is kept in one transaction.

It may be stopped anywhere. What was kept is where it goes on; what was not kept is found again from the same minutes.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trimtab.loop.alert.applied import Applied, Promised
from trimtab.loop.alert.describe import About, describe
from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.news import changes_to_tell
from trimtab.loop.alert.pipeline import Route, Routing, Turn, play_turn
from trimtab.loop.alert.policies import Standing, policy_alerts
from trimtab.loop.alert.ports import AlertStore
from trimtab.loop.alert.records import Lease, Writes
from trimtab.loop.alert.rules import Rule
from trimtab.loop.alert.standing import look, pack_record, traffic_of, unpack_record
from trimtab.loop.budget import Minutes, Objective, minutes_for, minutes_of, series_for, spread
from trimtab.loop.sli import Basis, Definition, Series, basis_of, catalogue, refresh
from trimtab.loop.store import Analytics, State
from trimtab.vocabulary.kernel import Clock, Conflict, Invalid, TrimtabError, Unavailable

LOG = logging.getLogger(__name__)
MINUTE_NS, DAY_NS, SECOND_NS = 60_000_000_000, 86_400_000_000_000, 1_000_000_000
LEASE_S = 60.0
REACH_DAYS = 32
"""Minutes are read so far back, or for the window and as long again: what rules and budgets look at."""
LAG_NS = 2 * MINUTE_NS
"""Rules look at a minute when it has been over for so long: what exporters send in batches is in it by then."""
SEEN_DAYS = 30
HEARTBEAT = "TrimtabHeartbeat"
RECORD = "objective/"
KEPT_DAYS = 90
NOBODY = Routing(route=Route(id="{}", receivers=(), group_by=("slo",)), receivers={})
"""Without a routing document alerts are grouped and make incidents, and nobody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the engine works on; `address` is where people reach Trimtab, `holder` a name that no other server has.

    `caught_up` says whether the rows are up to date: while they are not, nothing is decided on them. `told` hears of every
    turn of the pipeline, and again of the same one after a crash.
    """

    analytics: Analytics
    state: State
    store: AlertStore
    clock: Clock
    holder: str
    address: str
    caught_up: Callable[[], bool]
    told: Callable[[str, Turn, int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What one look at a project needs: what it applied, its objectives one by one, and the series that they count."""

    name: str
    applied: Applied
    definitions: Mapping[str, Definition]
    basis: Basis
    objectives: Sequence[Objective]
    series: Mapping[str, Series]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """An objective with its minutes, the key of their series, and how many methods told of them."""

    objective: Objective
    series: str
    minutes: Minutes
    methods: int


class Watch:
    """Looks at every project's promises; the health of it stands in `looked_ns` and `trouble`."""

    def __init__(self, parts: Parts, every_s: float = 10.0) -> None:
        """Look every so many seconds once started."""
        self._parts, self._every_s = parts, every_s
        self._promised = Promised(parts.state)
        self._minutes: dict[tuple[str, str], Minutes] = {}
        self._methods: dict[tuple[str, str], int] = {}
        self._busy = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.looked_ns = 0
        self._tidied_ns = 0
        self.trouble: dict[str, str] = {}

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def close(self) -> None:
        """Finish the look in hand."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            try:
                self.tick()
            except Unavailable as error:
                LOG.warning("%s; trying again", error.message)
            except Exception:
                LOG.exception("the promises could not be looked at; trying again")

    def tick(self) -> None:
        """One look at all projects; nothing where nothing is promised, or where the rows are behind."""
        with self._busy:
            if not self._parts.caught_up():
                return
            for project in self._counted():
                self._look(project)
                self.looked_ns = self._parts.clock.now_ns()
            self._tidy()

    def _tidy(self) -> None:
        """Once a day, let go of what ended long ago: alerts, delivered messages, their log; incidents keep theirs."""
        now_ns, store = self._parts.clock.now_ns(), self._parts.store
        if now_ns - self._tidied_ns < DAY_NS:
            return
        self._tidied_ns = now_ns
        before_ns = now_ns - KEPT_DAYS * DAY_NS
        store.prune(before_ns)
        for name in self._names():
            store.forget_alerts(name, before_ns)

    def counted(self, name: str) -> list[Counted]:
        """The objectives of a project with their minutes as of now; raises `Invalid` where its documents fit no more."""
        with self._busy:
            project = next((one for one in self._counted() if one.name == name), None)
            if name in self.trouble:
                raise Invalid(self.trouble[name], hint="correct the documents, and apply them again")
            if project is None:
                return []
            return [
                Counted(
                    objective=one,
                    series=project.series[one.id].key,
                    minutes=self._of(project, one),
                    methods=self._methods[name, project.series[one.id].key],
                )
                for one in project.objectives
            ]

    def _counted(self) -> list[Project]:
        """The projects that promise anything, their minutes counted up to now."""
        projects = [found for name in self._names() if (found := self._project(name))]
        if not projects:
            if not self.trouble:
                self._parts.analytics.ignore_minutes()
            return []
        wanted = {one.name: (distinct(one.series.values()), one.basis) for one in projects}
        changed = refresh(self._parts.analytics, wanted, list(self.trouble))
        for name, keys in changed.items():
            for key in keys:
                self._minutes.pop((name, key), None)
        return projects

    def _names(self) -> list[str]:
        return [str(row["name"]) for row in self._parts.state.projects()]

    def _project(self, name: str) -> Project | None:
        """A project that promises anything; one whose documents do not fit its indicators any more is trouble, told once."""
        state, now_ns = self._parts.state, self._parts.clock.now_ns()
        try:
            definitions = catalogue(state, name)
            applied = self._promised.of(name, definitions)
            if not applied.at_ns:
                return None
            basis = basis_of(state, name)
            listed = spread(
                self._parts.analytics, name, applied.promises.objectives, now_ns - SEEN_DAYS * DAY_NS
            )
            series = {one.id: series_for(one, definitions, basis) for one in listed}
        except TrimtabError as error:
            if self.trouble.get(name) != error.message:
                LOG.warning("%s: nothing is watched: %s", name, error.message)
            self.trouble[name] = error.message
            return None
        self.trouble.pop(name, None)
        return Project(
            name=name,
            applied=applied,
            definitions=definitions,
            basis=basis,
            objectives=listed,
            series=series,
        )

    def _look(self, project: Project) -> None:
        """Look at one project, alone: another server that holds its lease does it instead."""
        now_ns = self._parts.clock.now_ns()
        until_ns = now_ns + int(LEASE_S * SECOND_NS)
        lease = self._parts.store.lease(f"watch/{project.name}", self._parts.holder, now_ns, until_ns)
        if lease is None:
            return
        try:
            self._decide(project, now_ns, lease)
            routing = project.applied.routing or NOBODY
            turn = play_turn(self._parts.store, project.name, routing, now_ns, lease)
            self._parts.told(project.name, turn, now_ns)
        except Conflict as error:
            LOG.warning("%s; it goes on there", error.message)

    def _decide(self, project: Project, now_ns: int, lease: Lease) -> None:
        """Take all rules' steps; alerts that begin and end, and where the rules stand, are kept together."""
        store = self._parts.store
        kept = store.rules(project.name)
        rules: dict[tuple[str, str], str | None] = {}
        wanted: list[tuple[Alert, Callable[[Alert], Alert]]] = []
        together = self._together(project, now_ns)
        for one in project.objectives:
            record = kept.get(RECORD + one.id)
            seen = unpack_record(record) if record else None, now_ns - LAG_NS, together.get(whole(one))
            policies = project.applied.promises.alerting.get(one.slo, ())
            found = look(project.name, one, policies, self._of(project, one), seen)
            packed = pack_record(found.record)
            if packed != record:
                rules[project.name, RECORD + one.id] = packed
            wanted += [(alert, self._teller(project, one, rule)) for rule, alert in found.firing]
        gone = {name for name in kept if name.startswith(RECORD)} - {
            RECORD + one.id for one in project.objectives
        }
        rules |= {(project.name, name): None for name in gone}
        standing = self._policies(project, kept, now_ns)
        rules |= {(project.name, name): value for name, value in standing.records.items()}
        wanted += [(alert, told_as_it_is) for alert in (*standing.alerts, *heartbeat(project, now_ns))]
        news = changes_to_tell(self._parts.analytics, project.name, project.applied.routing, kept, now_ns)
        rules |= {(project.name, name): value for name, value in news.records.items()}
        alerts = turned(store.alerts(project.name), wanted, now_ns)
        if alerts or rules:
            writes = Writes(alerts=tuple(alerts), rules=rules, messages=news.messages)
            store.write(writes, now_ns, lease)

    def _of(self, project: Project, objective: Objective) -> Minutes:
        """The minutes of an objective, read again only when they have changed."""
        series = project.series[objective.id]
        found = self._minutes.get((project.name, series.key))
        if found is None:
            reach = max(REACH_DAYS * 1440, 2 * minutes_of(objective.window.span))
            since = self._parts.clock.now_ns() // MINUTE_NS - reach
            found, methods = minutes_for(self._parts.analytics, project.name, series, since)
            self._minutes[project.name, series.key] = found
            self._methods[project.name, series.key] = methods
        return found

    def _together(self, project: Project, now_ns: int) -> dict[str, float]:
        """The events a day of objectives that are for each value of a dimension, all values together."""
        found: dict[str, float] = {}
        for one in project.objectives:
            if one.by:
                per_day, _ = traffic_of(one, self._of(project, one), now_ns)
                found[whole(one)] = found.get(whole(one), 0.0) + per_day
        return found

    def _teller(self, project: Project, objective: Objective, rule: Rule) -> Callable[[Alert], Alert]:
        """What makes an alert of an objective tell what to look at first."""
        about = About(
            objective=objective,
            definition=project.definitions[objective.measure.indicator],
            minutes=self._of(project, objective),
            address=self._parts.address,
        )
        return lambda alert: describe(self._parts.analytics, alert, rule, about)

    def _policies(self, project: Project, kept: Mapping[str, str], now_ns: int) -> Standing:
        minutes = {one.id: self._of(project, one) for one in project.objectives}
        return policy_alerts(
            project.name, project.applied.promises, project.objectives, minutes, (kept, now_ns)
        )


def distinct(series: Iterable[Series]) -> list[Series]:
    """Each series once."""
    return list({one.key: one for one in series}.values())


def whole(objective: Objective) -> str:
    """The objective that one for a value of a dimension is a part of."""
    return objective.id.partition("[")[0]


def told_as_it_is(alert: Alert) -> Alert:
    """An alert that says itself all there is to say."""
    return alert


def turned(
    known: Sequence[Alert], wanted: Sequence[tuple[Alert, Callable[[Alert], Alert]]], now_ns: int
) -> list[Alert]:
    """The alerts that begin or end now: what fires on stays as it began, what nobody wants any more ends."""
    firing = {one.fingerprint: one for one in known if one.ends_ns is None}
    should = {alert.fingerprint: (alert, tell) for alert, tell in wanted}
    begun = [tell(alert) for name, (alert, tell) in should.items() if name not in firing]
    ended = [replace(one, ends_ns=now_ns) for name, one in firing.items() if name not in should]
    return begun + ended


def heartbeat(project: Project, now_ns: int) -> list[Alert]:
    """An alert that always fires, where a route asks for it: a receiver that misses it knows that Trimtab is down."""
    routing = project.applied.routing
    asked = routing is not None and any(
        matcher.value == HEARTBEAT for route in routing.route.routes for matcher in route.matchers
    )
    if not asked:
        return []
    labels = {"alertname": HEARTBEAT, "severity": "ticket", "objective": ""}
    said = {"summary": "Trimtab is alive", "description": "When this is missing, nothing is watched."}
    return [Alert(project=project.name, labels=labels, annotations=said, starts_ns=now_ns)]
