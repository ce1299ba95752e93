"""Control documents: what an edge must do now, composed of directives that end by themselves.

directive.py   one wish about agents: who, why, what, from when, until when
rule.py        the written rule: many directives, one set of orders
document.py    the orders as they are signed, sent and kept
obey.py        a contract under a document
choice.py      what is chosen: pins, and the variant of each session
permit.py      a signed yes to one call
"""

from trimtab.vocabulary.control.choice import choices, shares_of, variant_of
from trimtab.vocabulary.control.directive import (
    LEVELS,
    MOST_S,
    OWNERS,
    WAYS,
    Direction,
    Directive,
    Owner,
    direction,
    read_what,
)
from trimtab.vocabulary.control.document import Document, read_document
from trimtab.vocabulary.control.obey import under
from trimtab.vocabulary.control.permit import Permit, read_permit
from trimtab.vocabulary.control.rule import Order, compose

__all__ = [
    "LEVELS",
    "MOST_S",
    "OWNERS",
    "WAYS",
    "Direction",
    "Directive",
    "Document",
    "Order",
    "Owner",
    "Permit",
    "choices",
    "compose",
    "direction",
    "read_document",
    "read_permit",
    "read_what",
    "shares_of",
    "under",
    "variant_of",
]
