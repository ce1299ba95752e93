"""The document of a tool gateway: which servers stand behind it, under which contract, and where it listens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from trimtab.edge.gateway.fields import Reading
from trimtab.edge.gateway.names import SEPARATOR
from trimtab.vocabulary.document import Node, Problems, read_marked, rejected
from trimtab.vocabulary.kernel import Invalid

Ask = Literal["client", "server"]
Errors = Literal["unclear", "nothing_done"]
KIND, VERSION = "McpGateway", "trimtab/v1"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")
ADDRESS = re.compile(r"https?://[^\s/@]+(/\S*)?")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
START_S, PORT = 30.0, 8808
TOP = ("apiVersion", "kind", "metadata", "spec")
SPEC = ("agent", "ask", "contract", "control", "environment", "listen", "pins", "servers")
SERVER = ("bare", "command", "environment", "errors", "folder", "headers", "start", "url")
LISTEN = ("host", "hosts", "key", "origins", "port")
EXAMPLE = "orders: {command: [python, orders.py]}, or web: {url: https://...}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A server behind the gateway: a command that speaks on its standard streams, or an address of streamable HTTP.

    Its tools are called `name__tool`, or by their own name where it is `bare`. `errors` is what an error that it answers
    says of a call that cannot be repeated. Values of `environment` and `headers` are references to secrets, or plain.
    """

    name: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: Path | None = None
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    bare: bool = False
    errors: Errors = "unclear"
    start_s: float = START_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where clients come in over HTTP; `key` is what they must bear, or "" on loopback. `hosts` and `origins` may be named in a request."""

    host: str = "127.0.0.1"
    port: int = PORT
    key: str = ""
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A tool gateway as it is written down; without `listen` it serves the one client that started it."""

    name: str
    servers: tuple[Upstream, ...]
    contract: Path | None = None
    agent: str = ""
    environment: str = ""
    ask: Ask = "client"
    control: str = ""
    listen: Listen | None = None
    pins: Path = Path("mcp.lock")


def gateway_at(path: Path, env: Mapping[str, str]) -> Gateway:
    """The gateway of a file; paths in it are seen from its folder. Raises `Rejected` with every problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"cannot read {path}: {error}", hint="name the gateway's file with --config") from error
    return read_gateway(text, str(path), path.parent, env)


def read_gateway(text: str, file: str, folder: Path, env: Mapping[str, str]) -> Gateway:
    """The gateway that a text describes; raises `Rejected` with every problem."""
    documents = read_marked(text, file)
    if len(documents) != 1:
        raise rejected(
            file, 1, f"{len(documents)} documents", f"one document: apiVersion: {VERSION}, kind: {KIND}"
        )
    top, problems = documents[0], Problems()
    reading = Reading(problems, folder, env)
    if top.words("apiVersion") != VERSION or top.words("kind") != KIND:
        problems.add(top, f"no {KIND} of {VERSION}", f"apiVersion: {VERSION}, kind: {KIND}")
    reading.known(top, TOP)
    spec = reading.mapping(top, "spec")
    reading.known(spec, SPEC)
    found = Gateway(
        name=reading.text(reading.mapping(top, "metadata"), "name") or "gateway",
        servers=servers_of(reading, spec),
        contract=reading.path(spec, "contract"),
        agent=reading.text(spec, "agent"),
        environment=reading.text(spec, "environment"),
        ask=reading.word(spec, "ask", get_args(Ask), "client"),
        control=reading.text(spec, "control"),
        listen=listen_of(reading, spec),
        pins=reading.path(spec, "pins") or folder / "mcp.lock",
    )
    problems.stop()
    return found


def servers_of(reading: Reading, spec: Node) -> tuple[Upstream, ...]:
    """The servers; a lone one is bare unless it says otherwise."""
    given = reading.mapping(spec, "servers")
    if not given.fields:
        reading.problems.add(spec, "no servers", f"servers: {{{EXAMPLE}}}")
    lone = len(given.fields) == 1
    found = tuple(server_of(reading, name, one, lone=lone) for name, one in given.fields.items())
    if len([one for one in found if one.bare]) > 1:
        second = [node for (_, node), one in zip(given.fields.items(), found, strict=True) if one.bare][1]
        reading.problems.add(second, "a second bare server", "bare: true on one server at most")
    return found


def server_of(reading: Reading, name: str, node: Node, *, lone: bool) -> Upstream:
    """One server."""
    if not NAME.fullmatch(name) or SEPARATOR in name:
        said = f"the name {name!r}"
        reading.problems.add(node, said, "a to z, 0 to 9, - and single _, at most 40, no _ or - at an end")
    reading.known(node, SERVER)
    command, url = reading.texts(node, "command"), reading.text(node, "url")
    if bool(command) == bool(url):
        said = f"{name} has both command and url" if url else f"{name} has neither command nor url"
        reading.problems.add(node, said, "command: [program, argument], or url: https://...")
    if url and not ADDRESS.fullmatch(url):
        reading.problems.add(node, f"{url!r} is no address", "http:// or https://, without a name in it")
    return Upstream(
        name=name,
        command=command,
        environment=reading.settings(node, "environment"),
        folder=reading.path(node, "folder"),
        url=url,
        headers=reading.settings(node, "headers"),
        bare=reading.flag(node, "bare", lone),
        errors=reading.word(node, "errors", get_args(Errors), "unclear"),
        start_s=reading.seconds(node, "start", START_S),
    )


def listen_of(reading: Reading, spec: Node) -> Listen | None:
    """Where it listens; off this machine only with a key."""
    node = spec.get("listen")
    if node is None:
        return None
    reading.known(node, LISTEN)
    found = Listen(
        host=reading.text(node, "host") or "127.0.0.1",
        port=reading.port(node, "port", PORT),
        key=reading.secret(node, "key"),
        hosts=reading.texts(node, "hosts"),
        origins=reading.texts(node, "origins"),
    )
    if found.host not in LOOPBACK and not (node.get("key") and node.get("hosts")):
        said = f"{found.host} is open to others"
        reading.problems.add(
            node, said, "key: env:NAME, which clients bear, and hosts: [name:port], which they may call it"
        )
    return found
