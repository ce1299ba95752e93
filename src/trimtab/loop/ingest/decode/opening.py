"""Traces bodies opened as far as their spans, many at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from trimtab.loop.ingest.decode.shell import shell_of
from trimtab.loop.ingest.decode.walk import Walked, walk

CLOSED = shell_of(ExportTraceServiceRequest).request
Groups = list[tuple[Resource, list[bytes]]]
"""Each resource with its spans."""


class Opened(NamedTuple):
    """A traces body as far as its spans: each resource with its spans, which are columns `first` and on of `walked`."""

    groups: Groups
    walked: Walked
    first: int


def open_traces(bodies: Sequence[bytes]) -> list[Opened | None]:
    """Bodies opened all at once, which is much quicker than each alone; None for one that is no traces request."""
    spans: list[bytes] = []
    found: list[tuple[Groups | None, int]] = []
    for body in bodies:
        groups = groups_of(body)
        found.append((groups, len(spans)))
        for _, listed in groups or ():
            spans += listed
    walked = walk(spans)
    return [None if groups is None else Opened(groups, walked, first) for groups, first in found]


def groups_of(body: bytes) -> Groups | None:
    """The serialised spans of a body by their resources; None where it is no traces request."""
    try:
        request: Any = CLOSED.FromString(body)
    except DecodeError:
        return None
    return [
        (group.resource, [span for scope in group.scope_spans for span in scope.spans[:]])
        for group in request.resource_spans
    ]
