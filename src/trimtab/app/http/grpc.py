"""OTLP over gRPC, in the event loop of the HTTP server; raw bytes in, answered only when durable."""

import logging
from typing import Any

import grpc
import grpc.aio

from trimtab.app.bootstrap import Server
from trimtab.app.http.otlp import PROTOBUF, receive, success
from trimtab.loop.ingest import OtlpSignal
from trimtab.vocabulary.kernel import TooLarge, TrimtabError, Unavailable

LOG = logging.getLogger(__name__)
SERVICES: dict[OtlpSignal, str] = {
    "traces": "opentelemetry.proto.collector.trace.v1.TraceService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
}
CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
}


def code_of(error: TrimtabError) -> grpc.StatusCode:
    """The status that OTLP exporters understand: UNAVAILABLE is retried, the others are not."""
    if isinstance(error, Unavailable):
        return grpc.StatusCode.UNAVAILABLE
    if isinstance(error, TooLarge):
        return grpc.StatusCode.INVALID_ARGUMENT
    return CODES.get(error.status, grpc.StatusCode.INTERNAL)


def handler(server: Server, signal: OtlpSignal) -> Any:
    """The Export method of one signal."""

    async def export(body: bytes, context: Any) -> bytes:
        metadata = {str(key).lower(): str(value) for key, value in context.invocation_metadata() or ()}
        try:
            grant = server.grant(metadata.get("authorization"), metadata.get("x-trimtab-project"))
            grant.require("ingest")
            ticket = await receive(server, grant.project, signal, body)
        except TrimtabError as error:
            text = f"{error.message}; {error.hint}" if error.hint else error.message
            await context.abort(code_of(error), text)
            raise
        except Exception:
            LOG.exception("a request over gRPC failed")
            await context.abort(grpc.StatusCode.INTERNAL, "the server failed; its log says why")
            raise
        return success(signal, ticket, PROTOBUF)

    library: Any = grpc  # its stubs leave the types of messages open
    method = library.unary_unary_rpc_method_handler(export)
    return library.method_handlers_generic_handler(SERVICES[signal], {"Export": method})


async def start_grpc(server: Server, host: str, port: int) -> tuple[Any, int]:
    """Start the gRPC server; gives it and the port it took (0 asks for any free one)."""
    found = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", server.door.limits.body_bytes),
            ("grpc.so_reuseport", 0),
        ],
        maximum_concurrent_rpcs=256,
        compression=grpc.Compression.NoCompression,
    )
    found.add_generic_rpc_handlers(tuple(handler(server, signal) for signal in SERVICES))
    taken = found.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    await found.start()
    return found, taken
