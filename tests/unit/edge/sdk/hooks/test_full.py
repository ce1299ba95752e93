"""A session of which not everything is known any more."""

import pytest

from trimtab.edge.sdk.hooks.replay import replayed
from trimtab.edge.sdk.hooks.wire import value_of
from trimtab.vocabulary.contract import read_contract
from trimtab.vocabulary.kernel import Invalid, VirtualClock

CONTRACT = read_contract("""
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: coder}
spec: {tools: {Read: {effect: read}}}
""")


def test_too_much_said_is_a_no() -> None:
    known = replayed(CONTRACT, VirtualClock(0), "s", [{"kind": "begun", "ns": 0}, {"kind": "full"}])
    with pytest.raises(Invalid, match="too much was said"):
        known.check_room()


def test_the_time_of_a_session_goes_on() -> None:
    clock = VirtualClock(5_000_000_000)
    assert replayed(CONTRACT, clock, "s", [{"kind": "begun", "ns": 0}]).session.state.seconds == 5.0


@pytest.mark.parametrize(
    ("response", "value"),
    [
        ({"stdout": "a"}, {"stdout": "a"}),
        ([{"type": "text", "text": '{"id": 1}'}], {"id": 1}),
        ([{"type": "text", "text": "no json"}], "no json"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], None),
        ([{"type": "image"}], None),
        (["a"], None),
        ("text", "text"),
    ],
)
def test_the_value_of_a_response(response: object, value: object) -> None:
    assert value_of(response) == (response if value is None else value)
