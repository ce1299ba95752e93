"""An evaluation on a span is a score, as the event is: once, whatever comes again."""

from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.bodies import pairs, span, traces_of
from tests.support.stores import Kit, entry, kit

from trimtab.loop.ingest import FixedPrices, Rules, decode_entry
from trimtab.vocabulary.trace import Fact

RULES = Rules(prices=FixedPrices())
END = 1_700_000_000_000_000_000
FOUND = {
    "gen_ai.evaluation.name": "relevance",
    "gen_ai.evaluation.score.value": 0.7,
    "gen_ai.evaluation.score.label": "relevant",
    "gen_ai.evaluation.explanation": "names the parcel",
}
SCORES = "select name, value, label, source, span_id from facts where project = $p and kind = 'score'"


def evaluated(attributes: dict[str, Any], end_ns: int = END, **event: Any) -> bytes:
    """A body of one span, with one event where its attributes are given."""
    events = [Span.Event(name="gen_ai.evaluation.result", time_unix_nano=5, attributes=pairs(event))]
    return traces_of(
        [
            span(
                7,
                attributes,
                start_time_unix_nano=END - 1,
                end_time_unix_nano=end_ns,
                events=events if event else [],
            )
        ]
    )


def facts_in(body: bytes) -> list[Fact]:
    """The facts of a body."""
    return decode_entry(entry(body, received_ns=END), RULES).facts


def test_an_evaluation_on_a_span_is_a_score_of_a_judge() -> None:
    (fact,) = facts_in(evaluated(FOUND))
    assert (fact.kind, fact.source, fact.name, fact.method) == ("score", "judge", "relevance", "relevance")
    assert (fact.value, fact.label, fact.reason) == (0.7, "relevant", "names the parcel")
    assert (fact.span_id, fact.trace_id, fact.time_ns) == (7, (7).to_bytes(16, "big"), END)


def test_it_says_what_the_event_says() -> None:
    (on_span,), (as_event,) = facts_in(evaluated(FOUND)), facts_in(evaluated({}, **FOUND))
    told = (
        "kind",
        "source",
        "name",
        "value",
        "label",
        "reason",
        "method",
        "content_hash",
        "trace_id",
        "span_id",
    )
    assert [getattr(on_span, field) for field in told] == [getattr(as_event, field) for field in told]


def test_told_by_span_and_event_it_is_one_unless_the_names_differ() -> None:
    assert len(facts_in(evaluated(FOUND, **FOUND))) == 1
    other = FOUND | {"gen_ai.evaluation.name": "tone"}
    assert {fact.name for fact in facts_in(evaluated(FOUND, **other))} == {"relevance", "tone"}


def test_an_evaluator_that_failed_gives_no_score() -> None:
    (fact,) = facts_in(evaluated(FOUND | {"error.type": "TimeoutError"}))
    assert (fact.value, fact.label, fact.reason) == (None, "", "evaluator failed: TimeoutError")


@pytest.mark.parametrize("name", [None, 3, True])
def test_without_a_name_it_says_nothing(name: Any) -> None:
    unnamed = {key: value for key, value in FOUND.items() if key != "gen_ai.evaluation.name"}
    assert facts_in(evaluated(unnamed if name is None else unnamed | {"gen_ai.evaluation.name": name})) == []


def test_a_span_that_comes_again_is_one_score_and_the_later_end_wins() -> None:
    later = evaluated(FOUND | {"gen_ai.evaluation.score.value": 0.2}, END + 1)
    for bodies in ([evaluated(FOUND), later, evaluated(FOUND)], [later, evaluated(FOUND)]):
        with kit() as store:
            for body in bodies:
                store.take(body)
            assert scores(store) == [
                {"name": "relevance", "value": 0.2, "label": "relevant", "source": "judge", "span_id": 7}
            ]


def scores(store: Kit) -> list[dict[str, Any]]:
    """The scores that are kept."""
    return store.rows(SCORES)
