"""Over real sockets: bodies that are cut off, clients that leave, requests that are no HTTP, and gRPC."""

import asyncio
import itertools
import socket
import struct
import threading
from collections.abc import Generator

import grpc
import pytest
from tests.support.bodies import JSON, gauge_of, good, log_of, span, traces_of
from tests.support.server import HOST, Served, serving

NUMBERS = itertools.count(1)
FIRST, LATE = 7 << 56, 1 << 50
SERVICES = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """A server in a process of its own; in the end its log shows no fault."""
    with serving(tmp_path_factory.mktemp("sockets") / "data") as found:
        yield found
        log = found.log.read_text()
    assert "Traceback" not in log
    assert "Exception" not in log


@pytest.fixture(scope="module")
def heartbeats(served: Served) -> Generator["itertools.count[int]"]:
    """The spans sent after each test: in the end every one of them is counted."""
    numbers = itertools.count(FIRST)
    yield numbers
    sent = next(numbers) - FIRST
    assert served.settle(10)["skipped"] == 0
    assert served.query(f"select count(*) from steps where span_id >= {FIRST}") == [[sent]]


@pytest.fixture(autouse=True)
def alive(served: Served, heartbeats: "itertools.count[int]") -> Generator[None]:
    """After whatever a test sends, a good body is taken, over both doors."""
    yield
    assert served.send(good(next(heartbeats))).status == 200
    assert export(served, good(next(heartbeats))) == (grpc.StatusCode.OK, "")


def export(
    served: Served, body: bytes, signal: str = "traces", key: str | None = None, **more: str
) -> tuple[grpc.StatusCode, str]:
    """Send over gRPC; the status and the sentence."""
    metadata = [("authorization", f"Bearer {served.key}" if key is None else key)]
    metadata += [(name.replace("_", "-"), value) for name, value in more.items()]
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(f"{HOST}:{served.grpc_port}", options) as channel:
        try:
            channel.unary_unary(SERVICES.get(signal, signal))(body, metadata=metadata, timeout=30)
        except grpc.RpcError as error:
            return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


def talk(served: Served, *pieces: bytes, close: bool = False, whole: bool = False) -> bytes:
    """Write raw bytes to the HTTP port, end the writing side unless they are whole; what comes back."""
    with socket.create_connection((HOST, served.port), timeout=10) as con:
        for piece in pieces:
            con.sendall(piece)
        if close:
            # An RST, as of a client that was killed.
            con.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return b""
        if not whole:
            con.shutdown(socket.SHUT_WR)
        found = b""
        while part := con.recv(65536):
            found += part
        return found


def head(served: Served, length: int, more: str = "") -> bytes:
    """The beginning of a request with a body of traces."""
    return (
        f"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n{more}"
        f"authorization: Bearer {served.key}\r\ncontent-length: {length}\r\n\r\n"
    ).encode()


@pytest.mark.parametrize("close", [False, True])
def test_a_body_that_is_cut_off_is_not_taken(served: Served, close: bool) -> None:
    number = next(NUMBERS)
    body = good(number)
    said = talk(served, head(served, len(body)), body[:-9], close=close)
    assert said == b"" or b" 400 " in said.partition(b"\r\n")[0]
    served.settle(10)
    assert served.query(f"select count(*) from steps where span_id = {number}") == [[0]]


def test_a_chunked_body_is_taken(served: Served) -> None:
    body = good(next(NUMBERS))
    start = head(served, 0, "connection: close\r\n").replace(
        b"content-length: 0", b"transfer-encoding: chunked"
    )
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    assert b" 200 " in talk(served, start, chunks, whole=True).partition(b"\r\n")[0]


def test_a_body_of_100_mb_is_refused_before_it_comes(served: Served) -> None:
    said = talk(served, head(served, 100_000_000, "connection: close\r\n"), whole=True)
    assert b" 413 " in said.partition(b"\r\n")[0]
    assert b"limit is 32000000" in said


GARBAGE = {
    "nothing": b"",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a line of noise": b"hello\r\n\r\n",
    "a wrong length": b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
    "a negative length": b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
    "a chunk that is no number": b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a long header": b"GET / HTTP/1.1\r\nx: " + b"a" * 500_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.filterwarnings("default")
def test_garbage_on_the_port_is_refused(served: Served, name: str) -> None:
    try:
        said = talk(served, GARBAGE[name])
    except ConnectionError:
        said = b""  # it hung up on us, which is an answer too
    assert b" 500 " not in said.partition(b"\r\n")[0]


def test_a_hundred_silent_connections_hold_nobody_up(served: Served) -> None:
    silent = [socket.create_connection((HOST, served.port)) for _ in range(100)]
    half = head(served, 1000)[:40]
    for con in silent:
        con.sendall(half)
    assert served.send(good(next(NUMBERS))).status == 200
    for con in silent:
        con.close()


GRPC: dict[str, tuple[bytes, str, str | None, grpc.StatusCode, str]] = {
    "malformed": (b"\xff\xff", "traces", None, grpc.StatusCode.INVALID_ARGUMENT, "OTLP traces request"),
    "wrong ids": (
        traces_of([span(1, trace_id=b"a")]),
        "traces",
        None,
        grpc.StatusCode.INVALID_ARGUMENT,
        "16 bytes",
    ),
    "logs as traces": (
        log_of({}, "x", time_unix_nano=1),
        "traces",
        None,
        grpc.StatusCode.INVALID_ARGUMENT,
        "v1/logs",
    ),
    "traces as logs": (good(1), "logs", None, grpc.StatusCode.INVALID_ARGUMENT, ""),
    "metrics as logs": (gauge_of("a", {}), "logs", None, grpc.StatusCode.INVALID_ARGUMENT, ""),
    "no key": (good(1), "traces", "", grpc.StatusCode.UNAUTHENTICATED, "no API key"),
    "a wrong key": (good(1), "traces", "Bearer tt_x", grpc.StatusCode.UNAUTHENTICATED, "unknown or revoked"),
    "too many spans": (
        traces_of(span(n) for n in range(1, 50_002)),
        "traces",
        None,
        grpc.StatusCode.INVALID_ARGUMENT,
        "at most 50000",
    ),
    "too large": (bytes(40_000_000), "traces", None, grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than max"),
    "no such method": (b"", "/opentelemetry.Nothing/Export", None, grpc.StatusCode.UNIMPLEMENTED, ""),
}


@pytest.mark.parametrize("name", GRPC)
def test_grpc_refuses_with_a_reason(served: Served, name: str) -> None:
    body, signal, key, status, why = GRPC[name]
    found, said = export(served, body, signal, key)
    assert found == status, said
    assert why in said


def test_grpc_refuses_a_key_that_only_reads(served: Served) -> None:
    made = served.request("POST", "/api/v1/keys", b'{"scopes": "read"}', content_type=JSON).json
    found, said = export(served, good(1), key=f"Bearer {made['key']}")
    assert found == grpc.StatusCode.PERMISSION_DENIED
    assert "lacks the scope ingest" in said


def test_grpc_refuses_another_project(served: Served) -> None:
    found, said = export(served, good(1), x_trimtab_project="nobody")
    assert found == grpc.StatusCode.UNAUTHENTICATED
    assert "no such project" in said


def test_clients_that_give_up_over_grpc_do_not_stop_the_others(served: Served) -> None:
    """A deadline that passes while the body is on its way to the disk cancels the call, not the commit thread."""
    body = good(LATE, 200)

    async def hurry() -> None:
        async with grpc.aio.insecure_channel(f"{HOST}:{served.grpc_port}") as channel:
            call = channel.unary_unary(SERVICES["traces"])
            metadata = (("authorization", f"Bearer {served.key}"),)
            tries = [call(body, metadata=metadata, timeout=0.0005 * n) for n in range(1, 60)]
            await asyncio.gather(*tries, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(hurry()))
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    served.settle(10)
    assert served.query(
        f"select count(*) in (0, 200) from steps where span_id between {LATE} and {LATE + 199}"
    ) == [[True]]
