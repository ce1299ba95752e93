"""`trimtab tail`: steps as they become visible."""

import sys
import time

import orjson

from trimtab.app.cli.desk import Desk
from trimtab.app.cli.tables import show

PAUSE_S = 1.0


def follow(desk: Desk, *, as_json: bool) -> None:
    """Print steps from now on, one a line, until interrupted."""
    position = desk.get("/api/v1/status")["applied"]
    console = show.console()
    console.print("waiting for steps; Ctrl-C ends it", style="dim")
    while True:
        steps = desk.get("/api/v1/tail", after_ns=position)["steps"]
        for step in steps:
            position = max(position, step["body"])
            if as_json:
                sys.stdout.write(orjson.dumps(step).decode() + "\n")
            else:
                line = show.step_line(step)
                line.append(f"  {step['session']}", style="dim")
                console.print(line)
        sys.stdout.flush()
        if not steps:
            time.sleep(PAUSE_S)
