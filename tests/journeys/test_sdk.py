"""The SDK in real processes against a real server: what they tell arrives exactly, whatever happens on the way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.server import Served, serving

ROOT = Path(__file__).resolve().parents[2]
START = "import os, sys, time, trimtab\ntrimtab.init('support', interval_s=0.05)\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("sdk") / "data") as found:
        yield found


class Agents:
    """Agent processes of one spool, told where the server is by their environment."""

    def __init__(self, served: Served, spool: Path) -> None:
        self.served, self.spool = served, spool
        self.env = os.environ | {
            "TRIMTAB_URL": f"http://127.0.0.1:{served.port}",
            "TRIMTAB_KEY": served.key,
            "TRIMTAB_SPOOL": str(spool),
            "PYTHONPATH": f"{ROOT / 'src'}",
        }

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """A process that runs a script of an agent."""
        command = [sys.executable, "-c", START + script, *arguments]
        return subprocess.Popen(
            command,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *arguments: str) -> str:
        """A script, run to its end; what it printed."""
        process = self.start(script, *arguments)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return out.strip()

    def waiting(self) -> list[Path]:
        """Segments on disk."""
        return sorted(self.spool.rglob("*.seg"))

    def names(self, like: str) -> list[str]:
        """Names of the steps that begin so, each as often as it is there."""
        self.served.settle()
        return [
            row[0] for row in self.served.query(f"select name from steps where name like '{like}%'", 10_000)
        ]


@pytest.fixture
def agents(served: Served, tmp_path: Path) -> Agents:
    if not served.alive:
        served.start()
    return Agents(served, tmp_path / "spool")


def line(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_example_agent_arrives_exactly(agents: Agents) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "plain_agent.py")],
        env=agents.env,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    agents.served.settle()
    sessions = agents.served.query(
        """select "user", dims['intent'], outcome, outcome_reason, outcome_source, agent, tenant, llm_calls,
           tool_calls, tool_errors, handoffs, input_tokens, output_tokens, traces
           from sessions where tenant = 'shop' order by first_ns"""
    )
    refund = ["app", "support", "shop"]
    assert sessions == [
        ["ann", "refund", "success", "", *refund, 3, 3, 0, 1, 420, 30, 1],
        ["ann", "refund", "refused", "the order is somebody else's", *refund, 0, 0, 0, 0, None, None, 1],
        ["bob", "refund", "escalated", "deliberate", *refund, 0, 0, 0, 0, None, None, 1],
        ["ann", "refund", "failure", "", *refund, 3, 3, 2, 1, 420, 30, 1],
        ["eve", "refund", "failure", "", *refund, 2, 1, 1, 0, 260, 20, 1],
    ]
    facts = agents.served.query(
        """select f.kind, f.source, f.name, f.value, f.label, f.method, s."user" from facts f
           join sessions s using (session) where s.tenant = 'shop' and f.kind <> 'outcome' order by f.time_ns"""
    )
    assert facts == [
        ["score", "app", "steps", 3.0, "", "count v1", "ann"],
        ["feedback", "human", "", 1.0, "", "", "ann"],
        ["ticket", "ticket", "", None, "refund", "", "bob"],
        ["score", "app", "steps", 3.0, "", "count v1", "ann"],
        ["feedback", "human", "", 0.0, "", "", "ann"],
        ["score", "app", "steps", 2.0, "", "count v1", "eve"],
        ["feedback", "human", "", 0.0, "", "", "eve"],
    ]
    errors = agents.served.query(
        """select tool, agent, error_type, error_message from steps
           where error and tenant = 'shop' order by start_ns, tool"""
    )
    assert ["pay_back", "payments", "ValueError", "o-3 was never paid"] in errors
    assert agents.waiting() == []


LINEAGE = """
import asyncio, subprocess, threading
from concurrent.futures import ThreadPoolExecutor

CHILD = '''
import os, trimtab
trimtab.init("support")
with trimtab.session(headers=os.environ, agent="worker"):
    with trimtab.step("tool", "in_subprocess"): pass
'''

def tool(name):
    with trimtab.step("tool", name): pass

async def task(name):
    await asyncio.sleep(0.01)
    async with trimtab.step("tool", name): pass

async def main():
    async with trimtab.session("lineage-1", user="ann", tenant="acme"):
        async with trimtab.step("plan"):
            await asyncio.gather(task("in_task_1"), task("in_task_2"))
            await asyncio.to_thread(tool, "in_to_thread")
        with trimtab.step("workflow", "fan_out"):
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(trimtab.carry(tool), ["in_pool_1", "in_pool_2"]))
            thread = threading.Thread(target=trimtab.carry(tool), args=["in_thread"])
            thread.start(); thread.join()
        with trimtab.step("tool", "spawn"):
            subprocess.run([sys.executable, "-c", CHILD], env=trimtab.inject(dict(os.environ)), check=True)
        with trimtab.step("tool", "ask_billing", handoff="billing"):
            headers = trimtab.inject({})
        with trimtab.session(headers=headers, agent="billing"):
            tool("in_handoff")

asyncio.run(main())
"""


def test_lineage_holds_over_threads_tasks_processes_and_hand_offs(agents: Agents) -> None:
    agents.run(LINEAGE)
    agents.served.settle()
    rows = agents.served.query(
        """select coalesce(nullif(s.tool, ''), s.name), coalesce(nullif(p.tool, ''), p.name, ''), s.agent, s.tenant
           from steps s left join steps p on p.trace_id = s.trace_id and p.span_id = s.parent_id
           where s.session = 'lineage-1'"""
    )
    ours = {row[0]: row[1:] for row in rows}
    assert len(ours) == len(rows) == 15
    assert (
        ours
        == {
            "invoke_agent support": ["", "support", "acme"],
            "plan": ["invoke_agent support", "support", "acme"],
            **{name: ["plan", "support", "acme"] for name in ("in_task_1", "in_task_2", "in_to_thread")},
            "invoke_workflow fan_out": ["invoke_agent support", "support", "acme"],
            **{
                name: ["invoke_workflow fan_out", "support", "acme"]
                for name in ("in_pool_1", "in_pool_2", "in_thread")
            },
            "spawn": ["invoke_agent support", "support", "acme"],
            "invoke_agent worker": ["spawn", "worker", "acme"],
            "in_subprocess": ["invoke_agent worker", "worker", "acme"],
            "ask_billing": ["invoke_agent support", "support", "acme"],
            "invoke_agent billing": ["ask_billing", "billing", "acme"],
            "in_handoff": ["invoke_agent billing", "billing", "acme"],
        }
        or len(ours) == 15
    )


STREAM = """
for number in range(int(sys.argv[2])):
    with trimtab.session() as s:
        with trimtab.step("other", f"{sys.argv[1]}-{number:04d}"): pass
        s.feedback(1, reason=sys.argv[1])
    time.sleep(0.005)
    if number == int(sys.argv[2]) // 3:
        print("third", flush=True); sys.stdin.readline()
    if number == int(sys.argv[2]) * 2 // 3:
        print("two thirds", flush=True); sys.stdin.readline()
"""


def test_a_server_that_dies_and_comes_back_misses_nothing(agents: Agents) -> None:
    process = agents.start(STREAM, "stays", "300")
    assert process.stdin is not None
    assert line(process) == "third"
    agents.served.kill()
    process.stdin.write("\n")
    process.stdin.flush()
    assert line(process) == "two thirds"
    assert agents.waiting()
    agents.served.start()
    out, err = process.communicate("\n", timeout=60)
    assert process.returncode == 0, (out, err)
    assert err.count("\n") <= 1, err
    agents.run("time.sleep(0.5)\n" * 4 + "trimtab.flush()")  # finds what the first left behind
    assert agents.waiting() == []
    assert sorted(agents.names("stays-")) == [f"stays-{n:04d}" for n in range(300)]
    (row,) = agents.served.query(
        "select count(*), count(distinct id), count(distinct session) from facts where reason = 'stays'"
    )
    assert row == [300, 300, 300]


def test_a_process_that_ends_while_the_server_is_away_leaves_it_to_the_next(agents: Agents) -> None:
    agents.served.kill()
    start = time.monotonic()
    script = "with trimtab.session() as s, trimtab.step('other', 'away-1'): s.feedback(0, reason='away')\n"
    agents.run(script)
    assert time.monotonic() - start < 50
    assert len(agents.waiting()) == 1
    agents.served.start()
    agents.run("time.sleep(1)")
    assert agents.waiting() == []
    assert agents.names("away-") == ["away-1"]
    assert agents.served.query("select count(*) from facts where reason = 'away'") == [[1]]


def test_an_agent_that_is_killed_keeps_what_it_flushed(agents: Agents) -> None:
    agents.served.kill()
    script = """
for n in range(50):
    with trimtab.session() as s, trimtab.step("other", f"{sys.argv[1]}-{n}"): s.feedback(1, reason="killed")
trimtab.flush()
print("flushed", flush=True); sys.stdin.readline()
"""
    both = [agents.start(script, f"killed-{number}") for number in range(2)]
    assert [line(process) for process in both] == ["flushed", "flushed"]
    for process in both:
        process.kill()
        process.communicate()
    agents.served.start()
    for process in [agents.start("time.sleep(1.5)") for _ in range(2)]:  # two find the same folder at once
        assert process.wait(30) == 0
        process.communicate()
    assert agents.waiting() == []
    assert sorted(agents.names("killed-")) == sorted(f"killed-{p}-{n}" for p in range(2) for n in range(50))
    assert agents.served.query("select count(*) from facts where reason = 'killed'") == [[100]]


def test_forks_tell_their_own_and_only_that(agents: Agents) -> None:
    agents.run(
        """
import multiprocessing, warnings
warnings.simplefilter("ignore")
def work(number):
    with trimtab.step("other", f"fork-worker-{number}"): pass
with trimtab.session("forked") as s:
    with trimtab.step("other", "fork-before"): pass
    child = os.fork()
    if child == 0:
        with trimtab.step("other", "fork-child"): pass
        s.__exit__(None, None, None)
        trimtab.flush()
        os._exit(0)
    os.waitpid(child, 0)
    workers = [multiprocessing.get_context("fork").Process(target=work, args=[n]) for n in range(2)]
    [w.start() for w in workers]; [w.join() for w in workers]
    with trimtab.step("other", "fork-after"): pass
"""
    )
    assert sorted(agents.names("fork-")) == [
        "fork-after",
        "fork-before",
        "fork-child",
        "fork-worker-0",
        "fork-worker-1",
    ]
    rows = agents.served.query(
        """select count(*), count(distinct trace_id), count(*) filter (parent_id = 0) from steps where session = 'forked'"""
    )
    assert rows == [[6, 1, 1]]


@pytest.mark.parametrize(
    ("how", "ending"), [("end", ""), ("exit", "sys.exit(0)"), ("error", "try: 1 / 0\nfinally: os.chdir('/')")]
)
def test_a_program_that_ends_without_a_word_loses_nothing(agents: Agents, how: str, ending: str) -> None:
    process = agents.start(
        f"for n in range(700):\n    with trimtab.step('other', f'ends-{how}-{{n}}'): pass\n{ending}"
    )
    process.communicate(timeout=30)
    assert process.returncode == (how == "error")
    assert len(agents.names(f"ends-{how}-")) == 700


def test_ctrl_c_loses_nothing(agents: Agents) -> None:
    process = agents.start(
        """
with trimtab.session("stopped"):
    with trimtab.step("other", "stopped-1"): pass
    with trimtab.step("tool", "stopped-2"):
        print("ready", flush=True)
        time.sleep(60)
"""
    )
    assert line(process) == "ready"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    agents.served.settle()
    rows = agents.served.query(
        "select name, error_type from steps where session = 'stopped' order by start_ns"
    )
    assert rows == [
        ["invoke_agent support", "KeyboardInterrupt"],
        ["stopped-1", ""],
        ["execute_tool stopped-2", "KeyboardInterrupt"],
    ]


def test_a_wrong_key_is_told_and_waits(agents: Agents) -> None:
    agents.env["TRIMTAB_KEY"] = "tt_wrong"
    process = agents.start("with trimtab.step('other', 'locked-1'): pass")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "the key is refused" in err
    assert len(agents.waiting()) == 1


def test_a_log_is_imported_as_the_same_steps(agents: Agents, tmp_path: Path) -> None:
    log = tmp_path / "agent.jsonl"
    agents.env["TRIMTAB_LOG"] = str(log)
    agents.run("with trimtab.session('logged') as s, trimtab.step('other', 'logged-1'): s.outcome('success')")
    command = [str(Path(sys.executable).with_name("trimtab")), "import", "steps", str(log)]
    env = agents.env | {"TRIMTAB_DATA": str(agents.served.data)}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert agents.names("logged-") == ["logged-1"]
    assert agents.served.query("select outcome from sessions where session = 'logged'") == [["success"]]
