"""The routing document as values: who is told what, when, and what keeps silent. Lengths of time are in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from trimtab.loop.alert.match import Matcher

WAIT_S, INTERVAL_S, REPEAT_S = 30.0, 300.0, 14_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One node of the tree; what is not given is its parent's, except conditions, muting and `goes_on`.

    `id` names it as Alertmanager does: the conditions from the root down. `group_by` None groups by every label, so each
    alert is alone. `goes_on` is `continue`: its siblings are tried as well.
    """

    id: str
    receivers: tuple[str, ...]
    matchers: tuple[Matcher, ...] = ()
    group_by: tuple[str, ...] | None = ()
    wait_s: float = WAIT_S
    interval_s: float = INTERVAL_S
    repeat_s: float = REPEAT_S
    goes_on: bool = False
    muted_in: tuple[str, ...] = ()
    active_in: tuple[str, ...] = ()
    escalation: str = ""
    routes: tuple["Route", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where messages go: the kind of notifier and its settings; secrets stand there as `env:NAME` or `file:PATH`."""

    name: str
    kind: str
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    send_resolved: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """While a source fires, targets with equal values of `equal` keep silent."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A recurring time: all fields that are given must hold, of each any range; ranges include their ends.

    `minutes` are of the day and exclude their end; weekdays count from Sunday = 0; days of the month may be negative,
    from the end of the month.
    """

    minutes: tuple[tuple[int, int], ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    days: tuple[tuple[int, int], ...] = ()
    months: tuple[tuple[int, int], ...] = ()
    years: tuple[tuple[int, int], ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Who is told at a step: a receiver, or whoever is on call in a rotation."""

    receiver: str = ""
    rotation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `after_s` after the step before (the first: after the page was opened) it tells its targets."""

    after_s: float
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who is told, and who next, until somebody acknowledges; the steps are gone through `rounds` times.

    A further round begins no sooner than `pause_s` after the last step of the one before.
    """

    name: str
    steps: tuple[Step, ...]
    rounds: int = 1
    pause_s: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody stands in, from `starts` until before `ends`, on the wall of the rotation's zone."""

    person: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """People who take turns: each `shift_s` on the wall clock of `zone`, the first from `starts` on."""

    name: str
    people: tuple[str, ...]
    starts: datetime
    shift_s: float
    zone: str = "UTC"
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The whole document; `people` says by which receivers a person is reached."""

    route: Route
    receivers: Mapping[str, Receiver]
    inhibitions: tuple[Inhibition, ...] = ()
    intervals: Mapping[str, tuple[Period, ...]] = field(default_factory=dict[str, tuple[Period, ...]])
    escalations: Mapping[str, Escalation] = field(default_factory=dict[str, Escalation])
    rotations: Mapping[str, Rotation] = field(default_factory=dict[str, Rotation])
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
