"""OTLP over HTTP: protobuf and JSON, gzip, partial success; answered only when durable."""

import asyncio

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from trimtab.app.bootstrap import Server
from trimtab.app.http.problem import headers_of
from trimtab.loop.ingest import OtlpSignal, Ticket, gunzip
from trimtab.vocabulary.kernel import Invalid, TooLarge, TrimtabError

PROTOBUF, JSON = "application/x-protobuf", "application/json"
REJECTED = {"traces": "rejected_spans", "logs": "rejected_log_records", "metrics": "rejected_data_points"}
RESPONSES = {
    "traces": ExportTraceServiceResponse,
    "logs": ExportLogsServiceResponse,
    "metrics": ExportMetricsServiceResponse,
}
GRPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 413: 3, 503: 14}
INLINE_BYTES = 1_000_000
"""Bodies above this are handled in a thread, so that one of them does not hold up the others."""


def media_type(request: Request) -> str:
    """What the client sends; raises `Invalid` for anything but protobuf and JSON."""
    found = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if found not in {PROTOBUF, JSON}:
        raise Invalid(
            f"the content type {found or '(none)'} is not OTLP",
            hint=f"use {PROTOBUF} or {JSON}",
            code="content_type",
        )
    return found


async def read_body(request: Request, limit: int) -> bytes:
    """The request's body, inflated, never holding more than `limit` bytes."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip"}:
        raise Invalid(f"the content encoding {encoding} is not supported", hint="use gzip or none")
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"the body has {declared} bytes, the limit is {limit}", hint="send smaller batches")
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise TooLarge(f"the body has more than {limit} bytes", hint="send smaller batches")
            parts.append(part)
    except ClientDisconnect as error:
        raise Invalid("the body is cut off", hint="send it whole", code="cut_off") from error
    body = b"".join(parts)
    return gunzip(body, limit) if encoding == "gzip" else body


async def receive(
    server: Server, project: str, signal: OtlpSignal, body: bytes, *, json: bool = False
) -> Ticket:
    """Hand a body in and wait until it is durable."""
    if len(body) > INLINE_BYTES:
        found = await asyncio.to_thread(server.door.otlp, project, signal, body, json=json)
    else:
        found = server.door.otlp(project, signal, body, json=json)
    ticket = await asyncio.wrap_future(found)
    await asyncio.wrap_future(ticket.durable)
    return ticket


def success(signal: OtlpSignal, ticket: Ticket, media: str) -> bytes:
    """The export response, with its partial success where something was rejected."""
    if media == JSON:
        if not ticket.rejected and not ticket.message:
            return b"{}"
        name = {"traces": "rejectedSpans", "logs": "rejectedLogRecords", "metrics": "rejectedDataPoints"}[
            signal
        ]
        return orjson.dumps({"partialSuccess": {name: str(ticket.rejected), "errorMessage": ticket.message}})
    response = RESPONSES[signal]()
    if ticket.rejected or ticket.message:
        setattr(response.partial_success, REJECTED[signal], ticket.rejected)
        response.partial_success.error_message = ticket.message
    return response.SerializeToString()


def varint(value: int) -> bytes:
    """Protobuf's variable-length integer."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def failure(error: TrimtabError, media: str) -> Response:
    """The error as OTLP wants it: a google.rpc.Status (fields code = 1, message = 2) in the client's encoding."""
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    code = GRPC_CODES.get(error.status, 13)
    if media == PROTOBUF:
        raw = text.encode()
        body = b"\x08" + varint(code) + b"\x12" + varint(len(raw)) + raw
    else:
        body = orjson.dumps({"code": code, "message": text})
    return Response(body, error.status, headers_of(error), media_type=media)


def route(server: Server, signal: OtlpSignal) -> Route:
    """The route of one signal."""

    async def export(request: Request) -> Response:
        media = PROTOBUF
        try:
            media = media_type(request)
            header = request.headers.get
            grant = server.grant(header("authorization"), header("x-trimtab-project"))
            grant.require("ingest")
            body = await read_body(request, server.door.limits.body_bytes)
            ticket = await receive(server, grant.project, signal, body, json=media == JSON)
        except TrimtabError as error:
            return failure(error, media)
        return Response(success(signal, ticket, media), media_type=media)

    return Route(f"/v1/{signal}", export, methods=["POST"])


def otlp_routes(server: Server) -> list[Route]:
    """The three OTLP routes."""
    return [route(server, signal) for signal in ("traces", "logs", "metrics")]
