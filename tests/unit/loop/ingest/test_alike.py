"""Spans that are like others are not read as a whole; what is odd is, and what was forgotten is read again."""

from typing import Any

import pytest
from bench.bodies import make_bodies
from tests.support.bodies import span, traces_of
from tests.support.decoding import NOW_NS
from tests.support.span_by_span import plainly_decoded

from trimtab.loop.ingest import FixedPrices, apply
from trimtab.loop.ingest.apply import opened_together
from trimtab.loop.ingest.decode import Place, decode_traces, open_traces, steps
from trimtab.loop.ingest.decode.shapes import Shapes
from trimtab.loop.ingest.decode.walk import walk
from trimtab.loop.store import Entry
from trimtab.vocabulary.kernel import Invalid

PLACE = Place(project="alike", body=7, received_ns=NOW_NS, skew_bound_ns=0)
PRICES = FixedPrices()
SAID = {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": "s", "gen_ai.usage.input_tokens": 7}


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The spans that are read as a whole from here on."""
    found: list[bytes] = []
    read = steps.raw_span

    def noted(content: bytes) -> Any:
        found.append(content)
        return read(content)

    monkeypatch.setattr(steps, "raw_span", noted)
    return found


def test_what_was_met_is_not_read_as_a_whole_again(whole: list[bytes]) -> None:
    first, second, third = make_bodies(3)
    for body in (first, first):
        decode_traces(body, PLACE, PRICES)
    whole.clear()
    decode_traces(second, PLACE, PRICES)
    decode_traces(third, PLACE, PRICES)
    assert len(whole) < 20


def test_a_span_with_events_is_read_as_a_whole(whole: list[bytes]) -> None:
    body = traces_of([span(1, SAID, events=[{"name": "exception"}])])
    for _ in range(3):
        decode_traces(body, PLACE, PRICES)
    assert len(whole) == 3


def test_bodies_opened_together_give_what_each_gives_alone() -> None:
    bodies = [b"", *make_bodies(2), b"\xff", traces_of([span(1, SAID), span(2)])]
    for body, opened in zip(bodies, open_traces(bodies), strict=True):
        if body == b"\xff":
            assert opened is None
            continue
        assert decode_traces(body, PLACE, PRICES, opened) == plainly_decoded(body, PLACE, PRICES)


def test_bodies_that_cannot_be_opened_together_are_opened_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(bodies: Any) -> Any:
        raise IndexError

    entries = [
        Entry(project="p", signal=signal, received_ns=NOW_NS, body=body, items=0, position=position)
        for position, (signal, body) in enumerate([("traces", b""), ("facts", b"[]"), ("traces", b"")], 1)
    ]
    assert [(entry.position, found is None) for entry, found in opened_together(entries)] == [
        (1, False),
        (2, True),
        (3, False),
    ]
    monkeypatch.setattr(apply, "open_traces", broken)
    assert [(entry.position, found) for entry, found in opened_together(entries)] == [
        (1, None),
        (2, None),
        (3, None),
    ]


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(Invalid):
        decode_traces(b"\xff", PLACE, PRICES)


def test_a_forgotten_value_is_read_again() -> None:
    shapes = Shapes()
    walked = walk([span(1, SAID).SerializeToString()])
    shapes.of(walked, 0)
    raw = walked.attribute(1)
    assert shapes.values[raw] == "s"
    shapes.values.clear()
    assert shapes.values[raw] == "s"


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trimtab.loop.ingest.decode.shapes.MAX_ATTRIBUTES", 10)
    shapes = Shapes()
    for number in range(100):
        shapes.of(walk([span(1, {"app.number": number}).SerializeToString()]), 0)
        shapes.trim()
    assert len(shapes.known) <= 10


def test_no_spans_are_walked() -> None:
    assert walk([]).walked == []


@pytest.mark.parametrize("size", [0, 1, 39, 40, 127, 128, 129, 16_383, 16_384, 20_000, 2_100_000])
def test_texts_of_any_size(size: int) -> None:
    text = "é" * (size // 2) + "x" * (size % 2)
    body = traces_of([span(1, SAID | {"gen_ai.input.messages": text, "app.text": text, "user.id": text})])
    for _ in range(3):
        assert decode_traces(body, PLACE, PRICES) == plainly_decoded(body, PLACE, PRICES)
