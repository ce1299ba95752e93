"""The contract as a document: one YAML file per agent, read in full or refused with every problem.

marks.py       YAML that remembers its lines, within bounds; problems.py collects what is wrong
contract.schema.json   the shape of the document, also for editors; shape.py checks it and says what to write
place.py       what may be said at one place; arguments.py, running.py, tools.py, session.py, invariants.py parts of it
read.py        all of it together; file.py out of a file; durations.py lengths of time
"""

from trimtab.vocabulary.contract.document.file import contract_at
from trimtab.vocabulary.contract.document.read import read_contract
from trimtab.vocabulary.contract.document.shape import published_schema
from trimtab.vocabulary.document import Problem, Rejected

__all__ = ["Problem", "Rejected", "contract_at", "published_schema", "read_contract"]
