"""The agent contract: what an agent may do, and the pure decision about what it wants to do now.

model.py       the contract as a value; schema.py JSON Schemas; overlay.py less autonomy for a while
document/      one YAML file per agent, read in full, or refused with every problem
expression/    conditions in a subset of CEL
errors.py      what can go wrong
"""

from trimtab.vocabulary.contract.document import Problem, Rejected, published_schema, read_contract
from trimtab.vocabulary.contract.expression import Expression, Fault, SyntaxFault, evaluate, holds, parse
from trimtab.vocabulary.contract.model import (
    EFFECTS,
    POINTS,
    VERDICTS,
    Approval,
    Argument,
    Breaker,
    Check,
    Condition,
    Contract,
    Effect,
    Escalation,
    Fallback,
    Flow,
    Idempotency,
    Intent,
    Limit,
    Mode,
    Output,
    Point,
    Promise,
    Retry,
    Running,
    SessionLimits,
    Tool,
    Undo,
    Verdict,
    Verification,
    Vouch,
)
from trimtab.vocabulary.contract.overlay import Overlay, narrow, parse_overlay
from trimtab.vocabulary.contract.schema import Schema, Violation, compile_schema

__all__ = [
    "EFFECTS",
    "POINTS",
    "VERDICTS",
    "Approval",
    "Argument",
    "Breaker",
    "Check",
    "Condition",
    "Contract",
    "Effect",
    "Escalation",
    "Expression",
    "Fallback",
    "Fault",
    "Flow",
    "Idempotency",
    "Intent",
    "Limit",
    "Mode",
    "Output",
    "Overlay",
    "Point",
    "Problem",
    "Promise",
    "Rejected",
    "Retry",
    "Running",
    "Schema",
    "SessionLimits",
    "SyntaxFault",
    "Tool",
    "Undo",
    "Verdict",
    "Verification",
    "Violation",
    "Vouch",
    "compile_schema",
    "evaluate",
    "holds",
    "narrow",
    "parse",
    "parse_overlay",
    "published_schema",
    "read_contract",
]
