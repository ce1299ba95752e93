"""What holds for every body, however odd: the door refuses it, or all that it took can be decoded."""

from typing import Any

from trimtab.loop.ingest import Decoded, FixedPrices, Limits, RedactionPolicy, Redactor, Rules, decode_entry
from trimtab.loop.ingest.decode import check_body, from_json
from trimtab.loop.store import Entry
from trimtab.vocabulary.kernel import Invalid, TooLarge, TrimtabError

SIGNALS = ("traces", "logs", "metrics")
NOW_NS = 1_790_000_000_000_000_000
RULES = Rules(prices=FixedPrices({"m": (2, 3)}))
REDACTOR = Redactor(RedactionPolicy())


def explained(error: TrimtabError) -> None:
    """A refusal says what is wrong, and what instead."""
    assert error.message
    assert error.hint


def decoded(signal: Any, body: bytes) -> Decoded | None:
    """The rows of a body, as the server makes them; None where the door refuses it."""
    try:
        checked = check_body(signal, body, Limits())
    except (Invalid, TooLarge) as error:
        return explained(error)
    assert checked.rejected == 0 or checked.message
    redacted = REDACTOR.redact_body(signal, checked.body).body
    entry = Entry(
        project="p", signal=signal, received_ns=NOW_NS, body=redacted, items=checked.items, position=1
    )
    rows = decode_entry(entry, RULES)
    if signal == "traces":
        assert len(rows.steps) == checked.items
    # As text, for NaN is not equal to itself.
    assert repr(rows) == repr(decode_entry(entry, RULES)), "the same body gives different rows"
    return rows


def decoded_json(signal: Any, body: bytes) -> Decoded | None:
    """The same for OTLP/JSON."""
    try:
        binary = from_json(signal, body)
    except (Invalid, TooLarge) as error:
        return explained(error)
    return decoded(signal, binary)
