"""What a tool call under a contract costs, beside what others put around one, in the same process of the same run."""

import json
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from tests.support.environments import environment

from bench.outcome import Line, Outcome, at_most, no_target

PEERS = ("tenacity==9.2.1", "stamina==26.1.0", "pybreaker==1.4.1", "jsonschema==4.26.0", "cedarpy==4.12.2")
OURS = ("jsonschema-rs", "orjson", "pyyaml")
SOURCE = Path(__file__).parents[1] / "src"
SHARE = 25 / 31
"""At most 25 microseconds where one decorator of tenacity costs 31."""


def run(*, quick: bool) -> Outcome:
    """Measure in an environment that has the peers; `quick` makes fewer calls."""
    bin_folder = environment("edge", [*PEERS, *(f"{name}=={version(name)}" for name in OURS)])
    program = [bin_folder / "python", Path(__file__).with_name("edge_program.py"), "500" if quick else "3000"]
    done = subprocess.run(
        program, env={"PYTHONPATH": str(SOURCE)}, check=True, capture_output=True, text=True
    )
    raw: dict[str, float] = json.loads(done.stdout)
    raw["import_ms"] = imports(3 if quick else 9)
    return Outcome(name="edge", raw=raw, lines=lines(raw))


def imports(count: int) -> float:
    """Least milliseconds that `import trimtab` and a first step add to an interpreter."""

    def least(code: str) -> float:
        found: list[float] = []
        for _ in range(count):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            found.append((time.perf_counter() - begun) * 1e3)
        return min(found)

    return least("import trimtab; trimtab.step") - least("pass")


def lines(raw: dict[str, float]) -> list[Line]:
    """The figures beside their targets; the floor of the pipeline is one decorator of tenacity."""
    tenacity = raw["tenacity"]
    return [
        at_most("a read, whole pipeline", raw["pipeline"], 25, "us CPU", tenacity),
        at_most("a read, in decorators of tenacity", raw["pipeline"] / tenacity, SHARE, "x"),
        no_target("a read of what strangers write", raw["pipeline_untrusted"], "us CPU", tenacity),
        at_most(
            "a read, of tenacity + wait_for + pybreaker + jsonschema", raw["pipeline"] / raw["stack"], 1, "x"
        ),
        *(no_target(f"  {name}", raw[name], "us CPU") for name in ("tenacity", "stamina", "pybreaker")),
        *(no_target(f"  {name}", raw[name], "us CPU") for name in ("jsonschema", "wait_for", "stack")),
        at_most("the decision about a read", raw["decide_read"], 20, "us CPU", raw["cedarpy"]),
        at_most(
            "the decision about a write, with source, condition, budget",
            raw["decide_write"],
            20,
            "us CPU",
            raw["cedarpy"],
        ),
        no_target("  cedarpy, policies parsed before", raw["cedarpy"], "us CPU"),
        no_target("a write, ledger on disk (three commits)", raw["write"], "us", raw["fsync"]),
        no_target("  one fsync", raw["fsync"], "us"),
        at_most("import trimtab", raw["import_ms"], 100, "ms"),
    ]
