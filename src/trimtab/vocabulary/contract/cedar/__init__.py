"""A contract in Cedar, for whoever decides with it: policies, their schema, and what they need to be told.

Cedar knows allow and deny: `call` is allowed where a call gets through at least with a yes, `call_without_approval`
where it needs none. Every condition asks first whether what it reads is there, so no policy errs; one that did would
be skipped, so errors are to be taken for a deny.

types.py       values of JSON as Cedar's types; text.py how they are written
conditions.py  a condition as two of Cedar's: when it is true, and when it is false
inputs.py      an input schema as conditions
rules.py       what denies a call or asks about it; export.py all of it together
request.py     a call as Cedar is asked about it
"""

from trimtab.vocabulary.contract.cedar.export import CedarExport, to_cedar
from trimtab.vocabulary.contract.cedar.request import ACTIONS, cedar_request

__all__ = ["ACTIONS", "CedarExport", "cedar_request", "to_cedar"]
