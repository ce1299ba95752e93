"""Promises that were made in another tool.

sloth.py     Sloth's specs, agt.py those of agent-sre, as OpenSLO documents; imported.py what is still open about them
compare.py   what those tools would say of the same minutes
"""

from trimtab.loop.budget.imports.agt import import_agt
from trimtab.loop.budget.imports.compare import Contrast, Said, compare_agt, compare_sloth
from trimtab.loop.budget.imports.imported import Answers, Imported, Question, answers_of
from trimtab.loop.budget.imports.sloth import import_sloth

__all__ = [
    "Answers",
    "Contrast",
    "Imported",
    "Question",
    "Said",
    "answers_of",
    "compare_agt",
    "compare_sloth",
    "import_agt",
    "import_sloth",
]
