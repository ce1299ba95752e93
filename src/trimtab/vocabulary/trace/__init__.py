"""Steps, sessions, facts and outcomes; every dialect of traces becomes these."""

from trimtab.vocabulary.trace.dialects import IDENTITY_KEYS, READERS
from trimtab.vocabulary.trace.errors import error_class
from trimtab.vocabulary.trace.fact import (
    FACT_KINDS,
    FACT_SOURCES,
    OUTCOMES,
    PRECEDENCE,
    Fact,
    FactKind,
    FactSource,
    Outcome,
    as_outcome,
)
from trimtab.vocabulary.trace.facts import (
    EVALUATED,
    EVALUATION,
    evaluation,
    evaluation_on_span,
    fact_from_json,
    outcome_of_step,
)
from trimtab.vocabulary.trace.lineage import Skeleton, resolve_lineage
from trimtab.vocabulary.trace.logged import LOGGED, Logged, read_record
from trimtab.vocabulary.trace.nesting import ALONE, Told, resolve_calls
from trimtab.vocabulary.trace.normaliser import Shared, normalise, settle_times, shared_by
from trimtab.vocabulary.trace.span import Event, Place, RawSpan
from trimtab.vocabulary.trace.step import KINDS, LEAF_KINDS, NORMALISER_VERSION, ROW, Kind, Step
from trimtab.vocabulary.trace.template import (
    UNREAD,
    Shape,
    Template,
    loose_value,
    slot,
    steady,
    template_of,
    use_of,
)

__all__ = [
    "ALONE",
    "EVALUATED",
    "EVALUATION",
    "FACT_KINDS",
    "FACT_SOURCES",
    "IDENTITY_KEYS",
    "KINDS",
    "LEAF_KINDS",
    "LOGGED",
    "NORMALISER_VERSION",
    "OUTCOMES",
    "PRECEDENCE",
    "READERS",
    "ROW",
    "UNREAD",
    "Event",
    "Fact",
    "FactKind",
    "FactSource",
    "Kind",
    "Logged",
    "Outcome",
    "Place",
    "RawSpan",
    "Shape",
    "Shared",
    "Skeleton",
    "Step",
    "Template",
    "Told",
    "as_outcome",
    "error_class",
    "evaluation",
    "evaluation_on_span",
    "fact_from_json",
    "loose_value",
    "normalise",
    "outcome_of_step",
    "read_record",
    "resolve_calls",
    "resolve_lineage",
    "settle_times",
    "shared_by",
    "slot",
    "steady",
    "template_of",
    "use_of",
]
