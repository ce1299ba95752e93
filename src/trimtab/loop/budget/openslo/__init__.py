"""OpenSLO v1 documents, read in full, and our own ErrorBudgetPolicy.

marks.py       YAML that remembers its lines, within bounds
shapes.py      which fields a document may have (shapes.yaml); problems.py collects what is wrong
library.py     documents by kind and name, and where refs lead
measures.py    indicators; objectives.py targets and windows; extras.py our annotations; alerting.py policies
read.py        all of it together, and default_policy.yaml; write.py the way back
"""

from trimtab.loop.budget.openslo.model import (
    AlertCondition,
    AlertPolicy,
    NotificationTarget,
    Promises,
    Service,
)
from trimtab.loop.budget.openslo.read import default_policies, read_promises
from trimtab.loop.budget.openslo.write import write_slo
from trimtab.vocabulary.document import Problem, Rejected

__all__ = [
    "AlertCondition",
    "AlertPolicy",
    "NotificationTarget",
    "Problem",
    "Promises",
    "Rejected",
    "Service",
    "default_policies",
    "read_promises",
    "write_slo",
]
