"""`python -m bench [ingest|dialects|queries|pages|peers|start|upgrade|blame|infer|detect|injection|promises|edge|audit|mcp|attacks|all] [--quick] [--out FOLDER]`."""

import argparse
import importlib
from pathlib import Path

from bench.machine import DISTURBED, Watch, machine
from bench.outcome import keep, show

NAMES = (
    "ingest",
    "dialects",
    "queries",
    "pages",
    "start",
    "upgrade",
    "blame",
    "infer",
    "detect",
    "injection",
    "promises",
    "edge",
    "audit",
    "mcp",
    "attacks",
    "peers",
)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure Trimtab beside its targets."
    )
    parser.add_argument("what", nargs="?", default="all", choices=(*NAMES, "all"))
    parser.add_argument("--quick", action="store_true", help="less load and fewer runs, for a first look")
    parser.add_argument("--out", type=Path, default=Path("bench/results"), help="where the JSON goes")
    given = parser.parse_args()
    for name in NAMES if given.what == "all" else (given.what,):
        measure(name, quick=given.quick, folder=given.out)


def measure(name: str, *, quick: bool, folder: Path) -> None:
    """One measurement: run, print, keep; and say so when the machine was not ours alone."""
    watch, parameters = Watch(), {"quick": quick}
    outcome = importlib.import_module(f"bench.{name}").run(quick=quick)
    others = watch.others()
    show(outcome)
    if others > DISTURBED:
        print(f"  DISTURBED: others used {others:.0%} of the machine; do not trust wall-clock numbers")
    path = keep(outcome, folder, {"machine": machine(), "others_share": others, "parameters": parameters})
    print(f"  kept in {path}", flush=True)


if __name__ == "__main__":
    main()
