"""`trimtab.init`: where the SDK is put together."""

import os
import random
from typing import Any

from trimtab.edge.sdk.clock import AnchoredClock
from trimtab.edge.sdk.ports import Sink
from trimtab.edge.sdk.runtime import HELD, Runtime
from trimtab.edge.sdk.settings import Settings, read_settings
from trimtab.edge.sdk.warn import nothing, safe

FLUSH_S = 5.0


@safe(nothing)
def init(agent: str = "", *, endpoint: str = "", key: str = "", **options: Any) -> None:
    """Begin to tell Trimtab what this process does; without an endpoint, here or in the environment, do nothing.

    Options: `log` (a file instead of a server), `spool` (a folder for what waits, False for none), `spool_bytes`, `service`,
    `version`, `environment`, `bundle`, `interval_s`.
    """
    settings = read_settings(str(agent or ""), str(endpoint or ""), str(key or ""), options, os.environ)
    runtime = None if settings.silent else built(settings)
    before = HELD.put(runtime)
    if before is not None:
        before.sink.close(FLUSH_S)
    if runtime is not None:
        HELD.hook()


def built(settings: Settings) -> Runtime:
    """A runtime of these settings."""
    clock = AnchoredClock()
    return Runtime(
        agent=settings.agent,
        resource=settings.resource,
        sink=sink_of(settings, clock),
        clock=clock,
        draw=os.urandom,
    )


def sink_of(settings: Settings, clock: AnchoredClock) -> Sink:
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

    wire = Wire(Target(traces=settings.traces, facts=settings.facts, headers=settings.headers), clock)
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
    return HELD.runtime is None or HELD.runtime.sink.flush(float(timeout_s))


@safe(nothing)
def shutdown(timeout_s: float = FLUSH_S) -> None:
    """Flush, keep on disk what nobody took, and do nothing from now on."""
    before = HELD.put(None)
    if before is not None:
        before.sink.close(float(timeout_s))
