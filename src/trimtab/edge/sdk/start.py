"""`trimtab.init`: where the SDK is put together."""

import os
import random
import sys
from typing import TYPE_CHECKING, Any

from trimtab.edge.sdk.clock import AnchoredClock, GivenClock
from trimtab.edge.sdk.ports import Nowhere, Sink
from trimtab.edge.sdk.runtime import HELD, Runtime
from trimtab.edge.sdk.settings import Settings, read_settings
from trimtab.edge.sdk.warn import nothing, safe

if TYPE_CHECKING:
    from trimtab.edge.sdk.tools.bound import Bound

FLUSH_S = 5.0
CONTROL = "trimtab.edge.sdk.control.watch"


def init(
    agent: str = "", *, endpoint: str = "", key: str = "", contract: object = None, **options: Any
) -> None:
    """Begin to tell Trimtab what this process does; without an endpoint, here or in the environment, tell nobody.

    `contract` is the path of the agent's contract; every `@trimtab.tool` is called under it from now on. Raises where it
    cannot be used: an agent must not run without the contract that was meant. Nothing else here raises.
    Options: `log` (a file instead of a server), `spool` (a folder for what waits, False for none), `spool_bytes`, `service`,
    `version`, `environment`, `bundle`, `interval_s`; with a contract `ledger` (a path, False, or a store), `secret`, `ask`, `audit` (a folder, or
    False), `audit_key`, `audit_vault`, `control` (who signs what the server says must be done now),
    `advisers` (others who are asked about each decision and only take away); where time is played, `clock`, which
    pauses of the contract move with its `advance(seconds)`.
    """
    bound: Bound | None = None
    if path := contract or os.environ.get("TRIMTAB_CONTRACT"):
        from trimtab.edge.sdk.tools.files import open_contract  # noqa: PLC0415 - 140 ms for those who have one

        bound = open_contract(path, options, os.environ)
    begin(agent or (bound.contract.agent if bound else ""), endpoint, key, options, bound)


@safe(nothing)
def begin(
    agent: object, endpoint: object, key: object, options: dict[str, Any], bound: "Bound | None"
) -> None:
    """Put the SDK together; a contract holds also where nobody is told."""
    settings = settings_of(str(agent or ""), str(endpoint or ""), str(key or ""), options)
    runtime = None if settings.silent and bound is None else built(settings, options.get("clock"))
    if runtime is not None:
        runtime.contract = bound
    before = HELD.put(runtime)
    if before is not None:
        before.close(FLUSH_S)
    obey(bound, settings, options)
    have_witnessed(bound, settings)
    if runtime is not None:
        HELD.hook()


def obey(bound: "Bound | None", settings: Settings, options: dict[str, Any]) -> None:
    """Let a server say what must be done now, where that is configured; whoever has no use for it loads nothing."""
    if options.get("control") is None and options.get("ask") != "server" and CONTROL not in sys.modules:
        return
    from trimtab.edge.sdk.control.watch import follow  # noqa: PLC0415

    follow(bound, settings, options)


def have_witnessed(bound: "Bound | None", settings: Settings) -> None:
    """Have the server sign the checkpoints of the audit log, where there are both."""
    if bound is not None and bound.audit is not None and settings.server:
        from trimtab.edge.sdk.control.showing import showing_to  # noqa: PLC0415

        bound.audit.shown_by(showing_to(settings))


@safe(Settings)
def settings_of(agent: str, endpoint: str, key: str, options: dict[str, Any]) -> Settings:
    """What was told; silence where it cannot be understood."""
    return read_settings(agent, endpoint, key, options, os.environ)


def built(settings: Settings, played: Any) -> Runtime:
    """A runtime of these settings, by the clock that is `played`, or the machine's for None."""
    clock = AnchoredClock() if played is None else GivenClock(played)
    return Runtime(
        agent=settings.agent,
        resource=settings.resource,
        sink=Nowhere() if settings.silent else sink_of(settings),
        clock=clock,
        draw=os.urandom,
    )


def sink_of(settings: Settings) -> Sink:
    """An exporter to the file or to the server; what it needs for that is loaded now, not at the import."""
    from trimtab.edge.sdk.delivery.encode import encode_resource  # noqa: PLC0415
    from trimtab.edge.sdk.delivery.exporter import Exporter, Pace  # noqa: PLC0415

    pace = Pace(interval_s=settings.interval_s)
    resource = encode_resource(settings.resource)
    if settings.log is not None:
        from trimtab.edge.sdk.delivery.lines import Log  # noqa: PLC0415

        return Exporter(Log(settings.log, settings.resource), None, resource, pace, random.random)
    from trimtab.edge.sdk.delivery.spool import DiskSpool, SpoolLimits  # noqa: PLC0415
    from trimtab.edge.sdk.delivery.wire import Target, Wire  # noqa: PLC0415

    wire = Wire(
        Target(traces=settings.traces, facts=settings.facts, headers=settings.headers), AnchoredClock()
    )
    spool = None
    if settings.spool is not None:
        spool = DiskSpool(settings.spool, SpoolLimits(total_bytes=settings.spool_bytes))
    exporter = Exporter(wire, spool, resource, pace, random.random)
    if spool is not None and spool.leftovers():
        exporter.start()
    return exporter


@safe(bool)
def flush(timeout_s: float = FLUSH_S) -> bool:
    """Hand on what was told until now; whether nothing waits in memory. Before `os._exit`, or in a function that is frozen."""
    return HELD.runtime is None or HELD.runtime.flush(float(timeout_s))


@safe(nothing)
def shutdown(timeout_s: float = FLUSH_S) -> None:
    """Flush, keep on disk what nobody took, and do nothing from now on."""
    before = HELD.put(None)
    obey(None, Settings(), {})
    if before is not None:
        before.close(float(timeout_s))
