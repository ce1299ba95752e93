"""The three export requests, by signal."""

import contextlib
from collections.abc import Generator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from trimtab.vocabulary.kernel import Invalid

REQUESTS = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}


def parse(signal: str, body: bytes) -> Any:
    """The parsed request; raises `Invalid` for anything that is not one."""
    with readable(signal):
        return REQUESTS[signal].FromString(body)


@contextlib.contextmanager
def readable(signal: str) -> Generator[None]:
    """Say what is wrong with a body that protobuf cannot read."""
    try:
        yield
    except DecodeError as error:
        raise unreadable(signal, error) from error


def unreadable(signal: str, error: object = "it is cut off, or something else") -> Invalid:
    """What is said of a body that protobuf cannot read."""
    return Invalid(
        f"the body is not an OTLP {signal} request: {error}",
        hint="send protobuf as application/x-protobuf or JSON as application/json",
        code="otlp_malformed",
    )
