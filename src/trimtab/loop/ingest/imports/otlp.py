"""OTLP files: JSON (one export request a line, as the Collector's file exporter writes) or one protobuf body."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from trimtab.loop.ingest.decode import from_json, parse
from trimtab.loop.ingest.imports.piece import Piece, Tally, read_lines
from trimtab.loop.ingest.prepare import OtlpSignal
from trimtab.vocabulary.kernel import Invalid

SIGNALS: dict[str, OtlpSignal] = {
    "resourceSpans": "traces",
    "resource_spans": "traces",
    "resourceLogs": "logs",
    "resource_logs": "logs",
    "resourceMetrics": "metrics",
    "resource_metrics": "metrics",
}


def otlp(path: Path, tally: Tally) -> Iterator[Piece]:
    """The bodies of a file; a broken line is counted and skipped."""
    lines = read_lines(path)
    first = next(lines, b"")
    if not first.lstrip().startswith(b"{"):
        tally.records += 1
        yield counted(Piece(signal=signal_of(path), body=first + b"".join(lines)), tally)
        return
    whole = [first, *lines] if first.strip() == b"{" else None
    for line in [b"".join(whole)] if whole else chain(first, lines):
        if not line.strip():
            continue
        tally.records += 1
        try:
            yield from (counted(piece, tally) for piece in bodies_of(line))
        except (Invalid, orjson.JSONDecodeError) as error:
            tally.skipped[f"not OTLP/JSON: {error}"] += 1


def counted(piece: Piece, tally: Tally) -> Piece:
    """The piece, with its spans counted."""
    if piece.signal == "traces":
        request = parse("traces", piece.body)
        tally.spans += sum(
            len(scope.spans) for group in request.resource_spans for scope in group.scope_spans
        )
    return piece


def chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """The first line, then the rest."""
    yield first
    yield from rest


def bodies_of(line: bytes) -> Iterator[Piece]:
    """One export request, by the signals it holds."""
    found = orjson.loads(line)
    names = [name for name in SIGNALS if name in found]
    if not names:
        raise Invalid("neither resourceSpans, resourceLogs nor resourceMetrics", hint="export as OTLP/JSON")
    for name in names:
        signal = SIGNALS[name]
        yield Piece(signal=signal, body=from_json(signal, orjson.dumps({name: found[name]})))


def signal_of(path: Path) -> OtlpSignal:
    """The signal of a protobuf file, from its name: protobuf itself cannot tell traces from logs."""
    for signal in ("logs", "metrics"):
        if signal in path.name:
            return signal
    return "traces"
