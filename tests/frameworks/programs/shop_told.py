"""Every task of the shop in one framework and in none, as JSON in a file: run beside the examples."""

import importlib
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parents[3] / "examples" / "shop")]
from tests.support.told import told_by  # noqa: E402 - the path comes first

plain, other = (importlib.import_module(name) for name in ("plain", sys.argv[2]))
Path(sys.argv[1]).write_text(
    json.dumps(
        [
            [mode, question, told_by(plain, question, mode), told_by(other, question, mode)]
            for mode in ("enforce", "observe", "off")
            for question in plain.QUESTIONS
        ]
    )
)
