"""The errors of contracts.

TrimtabError
└── Invalid
    ├── Rejected       invalid_documents: a document with problems, each with file, line and what instead
    ├── SyntaxFault    invalid_condition: a condition that is no CEL, or not of the subset
    └── Fault          no_such_overload and its like: a condition that has no value
"""

from trimtab.vocabulary.contract.document import Rejected
from trimtab.vocabulary.contract.expression import Fault, SyntaxFault

__all__ = ["Fault", "Rejected", "SyntaxFault"]
