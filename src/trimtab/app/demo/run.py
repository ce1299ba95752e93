"""The story in a process of its own: what to play comes on standard input, how far it is goes out, a line of JSON each."""

import json
import os
import sys
import time
from dataclasses import asdict

from trimtab.app.demo.story import SEED, play
from trimtab.vocabulary.kernel import TrimtabError

COMMAND = (sys.executable, "-c", "from trimtab.app.demo.run import run; run()")
FOREIGN = ("TRIMTAB_", "OTEL_")
"""Settings of whoever started it are about other agents."""


def tell(**said: object) -> None:
    """A line for whoever started it."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def run() -> None:
    """Play once; whoever started it is gone when nobody reads."""
    for name in [one for one in os.environ if one.startswith(FOREIGN)]:
        del os.environ[name]
    asked = json.loads(sys.stdin.readline())
    try:
        counts = play(
            (asked["url"], asked["key"]),
            time.time_ns(),
            lambda sessions, phase: tell(sessions=sessions, phase=phase),
            seed=asked.get("seed", SEED),
        )
    except TrimtabError as error:
        tell(trouble=f"{error.message}: {error.hint}")
        sys.exit(1)
    tell(counts=[asdict(one) for one in counts])
