"""The gateway's document: what it says, and every way in which it can be wrong."""

from pathlib import Path

import pytest

from trimtab.edge.gateway import Gateway, read_gateway
from trimtab.edge.gateway.names import offered_name
from trimtab.vocabulary.document import Rejected

HEAD = "apiVersion: trimtab/v1\nkind: McpGateway\nmetadata: {name: desk}\nspec:\n"
ENV = {"WEB_AUTH": "Bearer abc", "KEY": "k"}


def read(spec: str) -> Gateway:
    return read_gateway(HEAD + spec, "mcp.yaml", Path("/desk"), ENV)


def wrong(spec: str) -> list[tuple[int, str]]:
    with pytest.raises(Rejected) as caught:
        read(spec)
    return [(one.line, one.what) for one in caught.value.problems]


def test_a_document_says_what_stands_behind_the_door() -> None:
    found = read("""
  contract: support.yaml
  servers:
    orders: {command: [python, orders.py], environment: {TOKEN: "env:KEY"}, start: 2m, errors: nothing_done}
    web: {url: "https://web.example/mcp", headers: {Authorization: "env:WEB_AUTH"}, bare: true}
""")
    orders, web = found.servers
    assert (found.name, found.contract, found.pins) == (
        "desk",
        Path("/desk/support.yaml"),
        Path("/desk/mcp.lock"),
    )
    assert (orders.command, orders.environment, orders.start_s) == (
        ("python", "orders.py"),
        {"TOKEN": "k"},
        120,
    )
    assert (orders.bare, orders.errors, web.bare) == (False, "nothing_done", True)
    assert web.headers == {"Authorization": "Bearer abc"}


def test_a_lone_server_is_bare_and_two_are_not() -> None:
    assert read("  servers: {a: {command: [x]}}").servers[0].bare
    assert not any(one.bare for one in read("  servers: {a: {command: [x]}, b: {command: [x]}}").servers)


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    assert wrong("""
  colour: red
  servers:
    A__b: {command: [x]}
    both: {command: [x], url: "https://x.example"}
    neither: {bare: maybe}
    secret: {url: "https://x.example", headers: {Authorization: "env:NOBODY"}}
    listed: {command: python orders.py, bare: true}
    again: {command: [x], bare: true}
""") == [
        (6, "no field 'colour' here"),
        (8, "the name 'A__b'"),
        (9, "both has both command and url"),
        (10, "neither has neither command nor url"),
        (10, "bare: maybe"),
        (11, "Authorization: NOBODY is not set"),
        (12, "command is no list of texts"),
        (12, "listed has neither command nor url"),
        (13, "a second bare server"),
    ]


def test_whoever_listens_to_others_needs_a_key_and_its_own_name() -> None:
    servers = "  servers: {a: {command: [x]}}\n"
    assert wrong(servers + "  listen: {host: 0.0.0.0}") == [(6, "0.0.0.0 is open to others")]
    assert wrong(servers + "  listen: {key: hunter2}") == [(6, "a secret is not written here")]
    listen = read(servers + '  listen: {host: 0.0.0.0, key: "env:KEY", hosts: ["desk:8808"]}').listen
    assert listen is not None
    assert (listen.key, listen.hosts, listen.port) == ("k", ("desk:8808",), 8808)


def test_a_bare_name_that_looks_like_another_servers_is_not_taken() -> None:
    servers = ["bank", "files"]
    assert offered_name("files", "read", bare=True, servers=servers) == "read"
    assert offered_name("files", "bank__pay", bare=True, servers=servers) == "files__bank__pay"
    assert offered_name("files", "a__b", bare=True, servers=servers) == "a__b"
    assert offered_name("bank", "pay", bare=False, servers=servers) == "bank__pay"
