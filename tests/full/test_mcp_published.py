"""Two servers that others have published, behind one gateway with a contract: the official client sees them as they are."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from tests.support.environments import node_packages
from tests.support.mcp.gateways import before, until, written
from tests.support.server import free_port

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]
RELEASE = "2026.8.31"
NAMES = ("everything", "filesystem")
READS = {"effect": "read"}


@pytest.fixture(scope="session")
def programs() -> dict[str, list[str]]:
    """The commands of both servers."""
    node, modules = node_packages(
        "mcp-servers", [f"@modelcontextprotocol/server-{one}@{RELEASE}" for one in NAMES]
    )
    scope = modules / "@modelcontextprotocol"
    return {one: [str(node), str(scope / f"server-{one}" / "dist" / "index.js")] for one in NAMES}


def tools(folder: Path) -> dict[str, Any]:
    """What may be done: read anywhere, write in one folder, and there ask before what exists is changed."""
    inside = f"args.path.startsWith('{folder}/out/') && !args.path.contains('..')"
    write = {
        "effect": "idempotent_write",
        "pre": [{"holds": inside, "message": "Only below out."}],
        "approval": {"when": "args.path.endsWith('.conf')"},
    }
    shown = [
        "echo",
        "get-sum",
        "get-tiny-image",
        "get-structured-content",
        "get-resource-links",
        "get-resource-reference",
        "get-annotated-message",
        "trigger-long-running-operation",
    ]
    return {
        "files__read_text_file": READS,
        "files__read_media_file": READS,
        "files__list_directory": READS,
        "files__write_file": write,
        **{f"all__{one}": READS for one in shown},
    }


@contextmanager
def everything(programs: dict[str, list[str]], far: bool) -> Generator[dict[str, Any]]:
    """server-everything as a server of the gateway: a command, or an address that it listens on."""
    if not far:
        yield {"command": programs["everything"]}
        return
    port = free_port()
    env = os.environ | {"PORT": str(port)}
    command = [*programs["everything"], "streamableHttp"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert any("listening on port" in line for line in process.stderr)
            yield {"url": f"http://127.0.0.1:{port}/mcp"}
        finally:
            process.kill()


class Heard:
    """What a client heard beside its answers."""

    def __init__(self) -> None:
        self.progress = list[tuple[float, float | None]]()

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self.progress.append((progress, total))


@pytest.fixture(params=[False, True], ids=["stdio", "http"])
def far(request: pytest.FixtureRequest) -> bool:
    return request.param


Door = Callable[[], AbstractAsyncContextManager[Client]]


@pytest.fixture
def door(tmp_path: Path, programs: dict[str, list[str]], far: bool) -> Door:
    """Comes in by the gateway, both servers behind it."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Client]:
        with everything(programs, far) as second:
            servers = {"files": {"command": [*programs["filesystem"], str(tmp_path)]}, "all": second}
            path = written(tmp_path, tools(tmp_path), servers, **({"listen": {"port": 0}} if far else {}))
            async with before(path, far, TRIMTAB_LOG=str(path.parent / "steps.jsonl")) as found:
                yield found

    for name in ("out", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "other" / "note.txt").write_text("as it was")
    return opened


async def call(client: Client, name: str, **args: Any) -> Any:
    return await client.call_tool(name, args)


async def test_exactly_the_tools_of_the_contract_are_offered_as_their_servers_describe_them(
    tmp_path: Path, door: Door
) -> None:
    async with door() as client:
        found = {one.name: one for one in (await client.list_tools()).tools}
        assert found.keys() == tools(tmp_path).keys()
        assert found["all__get-sum"].title == "Get Sum Tool"
        assert found["all__get-structured-content"].output_schema is not None
        off = await call(client, "files__move_file", source="a", destination="b")
        assert (off.is_error, (off.meta or {})["trimtab/status"]) == (True, "refused")


async def test_files_are_read_anywhere_and_written_where_the_contract_says(
    tmp_path: Path, door: Door
) -> None:
    async with door() as client:
        out, other = tmp_path / "out", tmp_path / "other" / "note.txt"
        written_to = await call(client, "files__write_file", path=f"{out}/a.txt", content="hello")
        read = await call(client, "files__read_text_file", path=str(other))
        outside = await call(client, "files__write_file", path=str(other), content="gone")
        around = await call(client, "files__write_file", path=f"{out}/../other/note.txt", content="gone")
        asked = await call(client, "files__write_file", path=f"{out}/a.conf", content="x")
        assert [one.is_error for one in (written_to, read, outside, around, asked)] == [
            False,
            False,
            True,
            True,
            True,
        ]
        assert (read.content[0].text, read.structured_content) == ("as it was", {"content": "as it was"})
        assert "Only below out." in outside.content[0].text
        assert [(one.meta or {})["trimtab/status"] for one in (outside, around, asked)] == [
            "refused",
            "refused",
            "waiting",
        ]
        assert (other.read_text(), sorted(one.name for one in out.iterdir())) == ("as it was", ["a.txt"])


async def test_results_of_every_kind_go_through(door: Door) -> None:
    async with door() as client:
        fields = await call(client, "all__get-structured-content", location="Chicago")
        image = await call(client, "all__get-tiny-image")
        links = await call(client, "all__get-resource-links", count=3)
        inner = await call(client, "all__get-resource-reference", resourceType="Text", resourceId=1)
        noted = await call(client, "all__get-annotated-message", messageType="error", includeImage=True)
        total = await call(client, "all__get-sum", a=2, b=3)
        assert fields.structured_content == json.loads(fields.content[0].text)
        assert fields.structured_content["temperature"] == 36
        assert [one.type for one in image.content] == ["text", "image", "text"]
        assert image.content[1].data.startswith("iVBORw0KGgo")
        assert [one.type for one in links.content].count("resource_link") == 3
        assert "resource" in [one.type for one in inner.content]
        assert noted.content[0].annotations.audience == ["user", "assistant"]
        assert total.content[0].text == "The sum of 2 and 3 is 5."


async def test_an_error_of_a_server_is_its_own(tmp_path: Path, door: Door) -> None:
    async with door() as client:
        missing = await call(client, "files__read_text_file", path=f"{tmp_path}/nothing")
        wrong = await call(client, "all__get-sum", a="two", b=3)
        elsewhere = await call(client, "files__read_text_file", path="/etc/passwd")
        assert [one.is_error for one in (missing, wrong, elsewhere)] == [True, True, True]
        assert "ENOENT" in missing.content[0].text
        assert "Invalid" in wrong.content[0].text
        assert "outside allowed directories" in elsewhere.content[0].text


async def test_progress_is_told_and_a_call_that_is_given_up_leaves_the_server_usable(door: Door) -> None:
    async with door() as client:
        heard, second = Heard(), Heard()
        name = "all__trigger-long-running-operation"
        done = await client.call_tool(name, {"duration": 0.5, "steps": 5}, progress_callback=heard)
        long = asyncio.create_task(
            client.call_tool(name, {"duration": 600, "steps": 6000}, progress_callback=second)
        )
        await until(lambda: bool(second.progress))
        long.cancel()
        await asyncio.gather(long, return_exceptions=True)
        fine = await call(client, "all__echo", message="still here")
        assert (done.is_error, fine.content[0].text) == (False, "Echo: still here")
        assert heard.progress == [(float(number), 5.0) for number in range(1, 6)]
