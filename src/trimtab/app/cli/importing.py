"""`trimtab import`: read, send, and say what was taken and skipped."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from trimtab.app.cli.desk import Desk
from trimtab.loop.ingest.imports import IMPORTERS, Piece, Tally
from trimtab.vocabulary.kernel import Invalid


def run(desk: Desk, form: str, files: list[Path], *, quiet: bool) -> dict[str, Any]:
    """Import files of a format; waits until all of it is visible."""
    importer = IMPORTERS.get(form)
    if importer is None:
        raise Invalid(f"unknown format: {form}", hint=f"one of {', '.join(sorted(IMPORTERS))}")
    tally = Tally()
    named = ((path.name, piece) for path in files for piece in importer(path, tally))
    return take(desk, named, tally, quiet=quiet) | {"format": form}


def take(desk: Desk, named: Iterable[tuple[str, Piece]], tally: Tally, *, quiet: bool) -> dict[str, Any]:
    """Send pieces, each with the name of where it is from, until all of it is visible; say what was taken."""
    position = 0
    console = Console(stderr=True, markup=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
        task = progress.add_task("reading")
        for name, piece in named:
            position = max(position, send(desk, piece, tally))
            progress.update(task, description=f"{name}: {tally.records:,} records, {tally.spans:,} spans")
        progress.update(task, description="waiting until all of it is visible")
        wait(desk, position)
    result = asdict(tally) | {"skipped": dict(tally.skipped)}
    if not quiet:
        console.print(
            f"read {tally.records:,} records: {tally.sessions:,} sessions, {tally.spans:,} spans, {tally.facts:,} facts"
        )
        for reason, count in tally.skipped.items():
            console.print(f"skipped {count}: {reason}", style="yellow")
    return result


def send(desk: Desk, piece: Piece, tally: Tally) -> int:
    """Send one piece and note what of it was refused; gives its journal position where the answer names one."""
    if piece.signal == "facts":
        return int(desk.post("/api/v1/facts", piece.facts)["position"]) if piece.facts else 0
    answer: bytes = desk.post(f"/v1/{piece.signal}", piece.body, media="application/x-protobuf")
    refused = ExportTraceServiceResponse.FromString(answer).partial_success
    if refused.rejected_spans:  # the three signals answer alike
        tally.skipped[refused.error_message] += refused.rejected_spans
        if piece.signal == "traces":
            tally.spans -= refused.rejected_spans
    return 0


def wait(desk: Desk, position: int) -> None:
    """Wait until everything in the journal is applied."""
    wanted = max(position, desk.get("/api/v1/status")["journal"])
    while desk.get("/api/v1/status", wait_for=wanted)["applied"] < wanted:
        pass
