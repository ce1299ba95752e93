"""Tools that are commands: real processes, under each means of confining them that the machine has, and under none."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.edge.bank import HEAD

from trimtab.edge.runtime import Busy, Command, Context, Failed, Limits, MemoryLedger, NotSent, Runtime
from trimtab.vocabulary.contract import read_contract
from trimtab.vocabulary.kernel import Invalid

PYTHON = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin") or sys.executable
LONG_S = 60.0


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that the user may enter as whom commands run."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def programs(folder: Path, *left_out: str) -> str:
    """A PATH with the programs that confine, but for some."""
    for name in {"bwrap", "unshare", "setpriv", "prlimit", "true"} - set(left_out):
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return str(folder)


@pytest.fixture(params=["bubblewrap", "unshare", "none"])
def means(request: pytest.FixtureRequest, public: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Only this means is there; where the machine forbids it, commands are refused, which is seen too."""
    if request.param == "none":
        return request.param
    if request.param == "unshare":
        monkeypatch.setenv("PATH", programs(public, "bwrap"))
    try:
        found = Command([PYTHON]).means
    except Invalid as error:
        if error.code != "no_sandbox":
            raise
        pytest.xfail(f"this machine forbids it, and commands are refused: {error.message}")
    if found != request.param:
        pytest.xfail(f"this machine has {found}")
    return request.param


def python(code: str, means: str, **words: Any) -> Command:
    confine = "never" if means == "none" else "always"
    return Command([PYTHON, "-I", "-c", code], confine=confine, **words)


def context(left_s: float = LONG_S, attempt: int = 1) -> Context:
    ends_ns = time.time_ns() + int(left_s * 1e9)
    return Context(tool="t", key="key-1", attempt=attempt, previous=attempt - 1, deadline_ns=ends_ns)


class Token:
    """A word on the command line of a process and all that it forks, by which they are found."""

    def __init__(self) -> None:
        self.word = uuid.uuid4().hex

    def alive(self) -> list[int]:
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                    if state != "Z" and self.word in (entry / "cmdline").read_text():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found

    def is_running(self) -> bool:
        """Whether the command itself runs, and no longer only what launches it."""
        for pid in self.alive():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0] == PYTHON.encode() and self.word.encode() in words:
                return True
        return False

    def wait_for(self, count: int) -> None:
        end = time.monotonic() + 30
        while len(self.alive()) < count:
            assert time.monotonic() < end, self.alive()
            time.sleep(0.01)

    def wait_until_gone(self) -> None:
        end = time.monotonic() + 30
        while self.alive():
            assert time.monotonic() < end, self.alive()
            time.sleep(0.01)


# What it is told, and what it says


def test_arguments_go_in_and_a_result_comes_out(means: str) -> None:
    code = "import json, sys; print(json.dumps({'got': json.load(sys.stdin)}))"
    args = {"to": "DE12", "note": "é" * 200_000}
    assert python(code, means, limits=Limits(output_bytes=10 << 20))(args, context()) == {"got": args}
    assert python("", means)({}, context()) is None
    assert python("import os; os.close(0)", means)(args, context()) is None


def test_it_is_told_the_key_the_attempt_and_the_deadline_and_nothing_else(
    means: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    code = "import json, os; print(json.dumps([dict(os.environ), os.getcwd(), os.listdir('.')]))"
    asked = context(attempt=2)
    seen, folder, files = python(code, means, environment={"REGION": "eu"})({}, asked)
    assert files == []
    assert {
        name: value for name, value in seen.items() if name not in ("PATH", "LANG", "PWD", "LC_CTYPE")
    } == {
        "HOME": folder,
        "TMPDIR": folder,
        "REGION": "eu",
        "TRIMTAB_TOOL": "t",
        "TRIMTAB_KEY": "key-1",
        "TRIMTAB_ATTEMPT": "2",
        "TRIMTAB_PREVIOUS": "1",
        "TRIMTAB_DEADLINE_MS": str(asked.deadline_ns // 1_000_000),
    }


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (64, Failed),
        (65, Failed),
        (69, NotSent),
        (75, Busy),
        (1, RuntimeError),
        (126, RuntimeError),
        (127, RuntimeError),
    ],
)
def test_the_exit_code_says_what_happened(means: str, code: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="no money"):
        python(f"import sys; print('no money', file=sys.stderr); sys.exit({code})", means)({}, context())


def test_what_ended_it_and_its_last_words_are_told(means: str) -> None:
    with pytest.raises(RuntimeError, match="SIGSEGV"):
        python("import os; os.kill(os.getpid(), 11)", means)({}, context())
    with pytest.raises(RuntimeError, match=r"the end$") as told:
        python("import sys; sys.stderr.write('x' * 3_000_000 + ' the\\nend'); sys.exit(3)", means)(
            {}, context()
        )
    assert len(str(told.value)) < 400
    with pytest.raises(ValueError, match="no JSON"):
        python("print('hello')", means)({}, context())


# What it may use


def test_a_gigabyte_of_output_is_cut_off(means: str) -> None:
    token = Token()
    code = "import sys\nfor _ in range(1024): sys.stdout.write('x' * (1 << 20))\n# " + token.word
    with pytest.raises(ValueError, match="more than 1048576 bytes"):
        python(code, means)({}, context())
    token.wait_until_gone()


def test_a_fork_bomb_is_limited(means: str) -> None:
    token = Token()
    code = (
        f"# {token.word}\n"
        "import os, time\n"
        "count = 0\n"
        "try:\n"
        "    for _ in range(2000):\n"
        "        if os.fork() == 0: time.sleep(60)\n"
        "        count += 1\n"
        "except BlockingIOError: pass\n"
        "print(count)"
    )
    # The kernel counts all tasks of a user: what others begin and end meanwhile moves the limit, but not by hundreds.
    count = python(code, means, limits=Limits(processes=200))({}, context())
    assert 1 <= count <= 1000
    token.wait_until_gone()


@pytest.mark.parametrize(
    ("code", "limits", "said"),
    [
        ("x = bytearray(1 << 30)", Limits(memory_bytes=512 << 20), "MemoryError"),
        ("open('x', 'wb').write(b'x' * (2 << 20))", Limits(file_bytes=1 << 20), "File too large|SIGXFSZ"),
        (
            "[open('/dev/null') for _ in range(100)]\nimport time",
            Limits(open_files=32),
            "Too many open files",
        ),
        ("while True: pass", Limits(cpu_s=1), "SIGXCPU|SIGKILL"),
    ],
)
def test_memory_files_and_processor_time_are_limited(
    means: str, code: str, limits: Limits, said: str
) -> None:
    keep = "files = " if code.startswith("[") else ""
    with pytest.raises(RuntimeError, match=said):
        python(keep + code, means, limits=limits)({}, context())


def test_no_network_unless_it_is_given(means: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5); print('true')"
        assert python(code, means, network=True)({}, context()) is True
        if means == "none":
            assert python(code, means)({}, context()) is True
        else:
            with pytest.raises(RuntimeError, match="Error"):
                python(code, means)({}, context())


def test_in_bubblewrap_nothing_can_be_written_but_its_folder(means: str) -> None:
    code = (
        "import json, os\n"
        "open('own', 'w').write('x')\n"
        "denied = []\n"
        "for path in ('/etc/x', '/usr/x', '/var/tmp/x'):\n"
        "    try: open(path, 'w')\n"
        "    except OSError as error: denied.append(path)\n"
        "print(json.dumps([denied, os.listdir('/run'), os.listdir('/tmp')]))"
    )
    denied, run, tmp = python(code, means)({}, context())
    if means == "bubblewrap":
        assert (denied, run, len(tmp)) == (["/etc/x", "/usr/x", "/var/tmp/x"], [], 1)
    else:
        Path("/var/tmp/x").unlink(missing_ok=True)


# How it ends


def test_its_folder_is_removed(means: str) -> None:
    code = (
        "import os\nos.makedirs('a/b'); open('a/b/c', 'w').write('x'); os.chmod('a/b', 0); os.chmod('a', 0)\n"
        "print('\"' + os.getcwd() + '\"')"
    )
    assert not Path(python(code, means)({}, context())).exists()


STUBBORN = "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


def test_what_ignores_the_wish_to_end_is_killed(means: str) -> None:
    token = Token()
    with pytest.raises(TimeoutError):
        python(f"# {token.word}\n{STUBBORN}time.sleep(600)", means, limits=Limits(grace_s=0.1))(
            {}, context(1)
        )
    assert token.alive() == []


def test_what_is_asked_to_end_may_tidy_up(means: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        code = (
            "import signal, socket, sys, time\n"
            f"wire = socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 5)\n"
            "def tidy(*_): wire.sendall(b'tidy'); sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, tidy)\n"
            "time.sleep(600)"
        )
        command = python(code, means, network=True, limits=Limits(grace_s=30))
        with pytest.raises(TimeoutError):
            command({}, context(1))
        wire, _ = listener.accept()
        assert wire.recv(10) == b"tidy"
        wire.close()


@pytest.mark.parametrize("ending", ["print(1)", "time.sleep(600)"])
def test_grandchildren_do_not_outlive_it(means: str, ending: str) -> None:
    token = Token()
    away = "os.setsid()" if means != "none" else "pass"
    code = (
        f"# {token.word}\n{STUBBORN}"
        "for _ in range(3):\n"
        "    if os.fork() == 0:\n"
        f"        {away}\n"
        "        if os.fork() == 0: time.sleep(600)\n"
        "        time.sleep(600)\n"
        f"{ending}"
    )
    command = python(code, means, limits=Limits(grace_s=0.1))
    if ending == "print(1)":
        assert command({}, context()) == 1
    else:
        with pytest.raises(TimeoutError):
            command({}, context(1))
    assert token.alive() == []


async def test_cancelled_it_is_gone_before_the_caller_goes_on(means: str) -> None:
    token = Token()
    command = python(f"# {token.word}\n{STUBBORN}time.sleep(600)", means, limits=Limits(grace_s=0.1))
    task = asyncio.create_task(command.acall({}, context()))
    while not token.alive():  # noqa: ASYNC110 - the loop goes on beside it
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert token.alive() == []
    assert await python("print(2)", means).acall({}, context()) == 2
    with pytest.raises(Failed):
        await python("raise SystemExit(65)", means).acall({}, context())


def test_ctrl_c_leaves_nothing_behind(means: str) -> None:
    token = Token()

    def press() -> None:
        token.wait_for(1)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        python(f"# {token.word}\n{STUBBORN}time.sleep(600)", means, limits=Limits(grace_s=0.1))({}, context())
    thread.join()
    assert token.alive() == []


def test_it_dies_with_the_agent(means: str, public: Path) -> None:
    token = Token()
    agent = (
        "import time\n"
        "from trimtab.edge.runtime import Command, Context\n"
        f"command = Command([{PYTHON!r}, '-I', '-c', 'import time; time.sleep(600)', {token.word!r}],"
        f" confine={'never' if means == 'none' else 'always'!r})\n"
        "assert command.means == " + repr(means) + "\n"
        "command({}, Context(tool='t', key='', attempt=1, previous=0, deadline_ns=time.time_ns() + 10**12))"
    )
    process = subprocess.Popen([sys.executable, "-c", agent], env=os.environ | {"TMPDIR": str(public)})
    end = time.monotonic() + 30
    while not token.is_running():
        assert time.monotonic() < end
        time.sleep(0.01)
    process.kill()
    process.wait(30)
    token.wait_until_gone()


# Under a contract

TEXT = (
    HEAD
    + """\
    pay: {effect: irreversible, timeout: 10s}
    keyed: {effect: keyed_write, idempotency: {key: [to]}, timeout: 10s, retry: {attempts: 2, backoff: 10ms}}
    look: {effect: read, timeout: 1s, retry: {attempts: 1}}
"""
)


def runtime_of(**functions: Any) -> Runtime:
    return Runtime(read_contract(TEXT), functions, secret=b"s", ledger=MemoryLedger())


async def test_what_nobody_knows_is_not_repeated(means: str) -> None:
    runtime = runtime_of(pay=python("raise SystemExit(1)", means))
    session = runtime.session("s")
    assert runtime.call(session, "pay", {"to": "A"}).status == "unknown"
    assert (await runtime.acall(session, "pay", {"to": "A"})).status == "unknown"
    runtime = runtime_of(pay=python("raise SystemExit(65)", means))
    session = runtime.session("s")
    assert (await runtime.acall(session, "pay", {"to": "A"})).status == "failed"


def test_a_keyed_write_is_repeated_under_its_key(means: str) -> None:
    code = "import json, os, sys; a = int(os.environ['TRIMTAB_ATTEMPT'])\nif a == 1: sys.exit(1)\nprint(json.dumps([a, os.environ['TRIMTAB_KEY']]))"
    runtime = runtime_of(keyed=python(code, means))
    outcome = runtime.call(runtime.session("s"), "keyed", {"to": "A"})
    assert (outcome.status, outcome.value) == ("succeeded", [2, outcome.key])


async def test_a_tool_that_hangs_times_out_in_threads_and_on_the_loop(means: str) -> None:
    token = Token()
    runtime = runtime_of(look=python(f"# {token.word}\nimport time; time.sleep(600)", means))
    assert runtime.call(runtime.session("s"), "look", {}).code == "timeout"
    assert token.alive() == []
    assert (await runtime.acall(runtime.session("s"), "look", {})).code == "timeout"
    assert token.alive() == []


# Refusals


@pytest.fixture
def forbidding(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose kernel forbids namespaces, as containers do."""
    path = programs(public, "bwrap", "unshare")
    for name in ("bwrap", "unshare"):
        (public / name).write_text(f"#!/bin/sh\necho '{name}: Operation not permitted' >&2\nexit 1\n")
        (public / name).chmod(0o755)
    monkeypatch.setenv("PATH", path)


def test_where_commands_cannot_be_confined_they_are_refused(forbidding: None) -> None:
    with pytest.raises(Invalid, match=r"bubblewrap: .*; unshare: .*") as refused:
        Command([PYTHON])
    assert refused.value.code == "no_sandbox"
    assert "where_possible" in refused.value.hint
    command = Command([PYTHON, "-c", "print(1)"], confine="where_possible")
    assert (command.means, command({}, context())) == ("none", 1)


def test_without_the_programs_commands_are_refused(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", programs(public, "bwrap", "unshare"))
    with pytest.raises(Invalid, match="bwrap is not installed; unshare: unshare is not installed"):
        Command([PYTHON])


@pytest.mark.parametrize("argv", ["refund --now", [], ["no-such-program"]])
def test_what_is_no_command_is_refused(argv: Any) -> None:
    with pytest.raises(Invalid):
        Command(argv)


@pytest.mark.parametrize("limit", ["cpu_s", "processes", "grace_s"])
def test_what_is_no_limit_is_refused(limit: str) -> None:
    with pytest.raises(Invalid, match=limit):
        Limits(**{limit: 0})


def test_without_time_it_does_not_begin() -> None:
    with pytest.raises(NotSent):
        Command([PYTHON], confine="where_possible")({}, context(-1))
