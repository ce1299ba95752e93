"""Fingerprints: the same for like failures, another one when tool, class or course differ."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.courses import course_of

from trimtab.loop.failure import sign_session, sign_step, taxonomy

NAME = st.text("abcdefgh_", min_size=1, max_size=10)


def step(number: int, kind: str = "tool", **more: Any) -> dict[str, Any]:
    """A step that lasts from `number` to `number` + 1."""
    made: dict[str, Any] = {
        "start_ns": number,
        "end_ns": number + 1,
        "content_hash": number,
        "kind": kind,
        "agent": "shop",
        "tool": "",
        "handoff": "",
        "error": False,
        "error_type": "",
        "error_class": "",
        "error_message": "",
    }
    return made | more


def failed(number: int, tool: str = "pay", message: str = "Error: no card 12", **more: Any) -> dict[str, Any]:
    return step(
        number,
        tool=tool,
        error=True,
        error_class=more.pop("error_class", "tool"),
        error_message=message,
        **more,
    )


def signed(*steps: dict[str, Any]) -> str:
    return sign_session("shop", course_of(steps, taxonomy()), taxonomy()).fingerprint


def title(*steps: dict[str, Any]) -> str:
    return sign_session("shop", course_of(steps, taxonomy()), taxonomy()).title


@given(st.integers(0, 10**12), st.uuids(), st.emails())
def test_values_do_not_change_a_fingerprint(number: int, uuid: object, email: str) -> None:
    def of(*values: object) -> str:
        message = "order {} of {!r}: card '{}' is not known".format(*values)
        return sign_step(failed(0, message=message), taxonomy()).fingerprint

    assert of(number, str(uuid), "x") == of(7, "a", "b")


@given(NAME, NAME)
def test_another_tool_is_another_failure(first: str, second: str) -> None:
    found = [sign_step(failed(0, tool=tool), taxonomy()).fingerprint for tool in (first, second)]
    assert (found[0] == found[1]) is (first == second)


@pytest.mark.parametrize(
    "change", [{"agent": "desk"}, {"error_class": "timeout"}, {"kind": "llm"}, {"error_message": "no seat"}]
)
def test_another_agent_class_kind_or_message_is_another_failure(change: dict[str, Any]) -> None:
    before = sign_step(failed(0), taxonomy()).fingerprint
    assert sign_step(failed(0) | change, taxonomy()).fingerprint != before


def test_a_fingerprint_never_changes_by_itself() -> None:
    # A new value here breaks what people have noted down: raise FINGERPRINT_VERSION and say so.
    assert sign_step(failed(0), taxonomy()).fingerprint == "db5704f8c3d6d7f8"


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(chance: random.Random) -> None:
    steps = [step(0, "llm"), failed(1), step(2, "llm"), failed(3, "book"), step(4, "llm")]
    mixed = list(steps)
    chance.shuffle(mixed)
    assert signed(*mixed) == signed(*steps)


def test_the_first_lasting_error_names_a_session() -> None:
    assert title(failed(0), failed(1, "book"), step(2, "llm")) == "pay: error: no card <n>"


def test_an_error_that_was_made_good_does_not() -> None:
    assert title(failed(0), step(1, tool="pay"), failed(2, "book"), step(3, "llm")).startswith("book: ")
    assert title(failed(0), step(1, tool="pay"), step(2, "llm")) == "answered, last change by pay"


def test_the_step_that_failed_names_it_not_the_parents_that_it_brought_down() -> None:
    root = step(0, "agent", end_ns=9, error=True, error_class="other", error_message="failed")
    assert title(root, failed(1)) == "pay: error: no card <n>"
    assert title(root, step(1, "llm")) == "agent: failed"


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ([step(0, tool="get_order"), step(1, "llm")], "answered without any change, last get_order"),
        ([step(0, tool="pay"), step(1, tool="get_order"), step(2, "llm")], "answered, last change by pay"),
        ([step(0, "llm")], "answered without any tool"),
        ([step(0, "llm"), step(1, tool="pay")], "ended after pay without an answer"),
        (
            [step(0, tool="pay"), step(1, tool="transfer_to_desk", handoff="desk")],
            "handed over to desk after pay",
        ),
        (
            [step(i, tool="get_order") for i in range(6)] + [step(9, "llm")],
            "called get_order again and again",
        ),
        (
            [step(0, tool="pay"), step(1, "llm", error_class="length")],
            "the last answer was cut at its length",
        ),
        ([step(0, "llm", error_class="content_filter")], "the last answer was stopped by a filter"),
        ([], "no step is left that tells how it went"),
    ],
)
def test_a_silent_failure_is_named_by_its_course(steps: list[dict[str, Any]], wanted: str) -> None:
    found = sign_session("shop", course_of(steps, taxonomy()), taxonomy())
    assert (found.title, found.kind) == (wanted, "session")


def test_a_course_that_differs_is_another_failure() -> None:
    asked, read, paid, told = step(-1, "llm"), step(0, tool="get_order"), step(1, tool="pay"), step(2, "llm")
    handed = step(3, tool="transfer_to_desk", handoff="desk")
    courses = [(read, told), (read, paid, told), (asked, read, paid), (read, told, handed), (told,)]
    assert len({signed(*course) for course in courses}) == len(courses)


@pytest.mark.parametrize(
    ("tool", "reads"), [("get_order", True), ("searchFlights", True), ("ListItems", True), ("getaway", False), ("", False)]
)  # fmt: skip
def test_which_tools_only_read(tool: str, reads: bool) -> None:
    assert taxonomy().only_reads(tool) is reads
