"""Who went wrong first: decisions are blamed, never tools, on signs that a run shows."""

from dataclasses import replace
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.loop.failure import Turn, Verdict, blame, rules, signs_of, taxonomy


def say(text: str, agent: str = "coder") -> Turn:
    return Turn(kind="say", agent=agent, text=text)


def tool(text: str, **more: str | bool) -> Turn:
    given = {"tool": "look", "call": "look(1)"} | more
    return Turn(kind="tool", agent="coder", text=text, **given)  # type: ignore[arg-type]


TASK = Turn(kind="user", agent="user", text="How many ships of 1912 sank?")
FINE = say("Let me look it up in the register of ships, which should list every one of them by its year.")


def told(found: Verdict, place: int) -> str:
    return "; ".join(next(one for one in found.suspects if one.place == place).evidence)


def test_the_decision_is_blamed_not_the_tool_that_threw() -> None:
    turns = [TASK, FINE, tool("12 rows"), say(FINE.text), tool("", error="no table 12"), say(FINE.text)]
    found = blame(turns)
    assert found.suspects[0].place == 3
    assert {turns[one.place].kind for one in found.suspects} == {"say"}
    assert "its call of look failed and did not work later: no table <n>" in told(found, 3)


def test_an_error_that_was_made_good_is_no_evidence() -> None:
    turns = [
        TASK,
        FINE,
        tool("", error="busy"),
        say(FINE.text),
        tool("12 rows", call="look(2)"),
        say(FINE.text),
    ]
    assert "did not work later" not in told(blame(turns), 1)


def test_the_same_call_again_is_evidence() -> None:
    turns = [TASK, FINE, tool("1 row"), say(FINE.text), tool("1 row"), say(FINE.text)]
    assert "calls the same again" in told(blame(turns), 3)
    assert "calls the same again" not in told(blame(turns), 1)


def test_what_nothing_showed_is_invented() -> None:
    turns = [TASK, say("There were 57 ships, and 31 of them sank near Halifax Harbour and New York."), FINE]
    assert "states 4 figures or names that nothing before it showed" in told(blame(turns), 1)


def test_what_the_task_showed_is_not_invented() -> None:
    turns = [
        TASK,
        say("You ask for the ships of 1912, and I look for them in the register of that year."),
        FINE,
    ]
    assert "figures or names" not in told(blame(turns), 1)


def test_a_change_with_values_that_nobody_gave_is_blamed_before_reading() -> None:
    reads = [say(FINE.text), tool("a sailor named Ann", tool="get_sailor", call="get_sailor(7)")]
    changes = [say(FINE.text), tool("done", tool="pay", call="pay(9417, Bob)", changes=True)]
    found = blame([TASK, *reads, *changes, say(FINE.text)])
    assert found.suspects[0].place == 3
    assert "changes something, by pay" in told(found, 3)
    assert "changes something with 2 values that nothing before it showed" in told(found, 3)
    assert found.suspects[0].category == "invention"


def test_a_hand_over_names_who_was_to_take_over() -> None:
    handed = tool("", tool="transfer_to_human", call="transfer_to_human()", handoff="human")
    found = blame([TASK, FINE, tool("1 row"), say(FINE.text), handed, say(FINE.text)])
    assert (found.suspects[0].place, found.suspects[0].category) == (3, "intent_not_supported")
    assert "hands over, by transfer_to_human" in told(found, 3)


def test_an_agent_answers_for_all_its_turns() -> None:
    turns = [TASK, say(FINE.text, "a"), say(FINE.text, "b"), say(FINE.text, "a"), say(FINE.text, "a")]
    assert blame(turns).agents[0][0] == "a"


def test_where_nobody_decided_nobody_is_blamed() -> None:
    for turns in ([], [TASK], [TASK, tool("12 rows")]):
        assert blame(turns) == Verdict(suspects=(), agents=())


def test_values_of_an_error_do_not_stand_in_the_evidence() -> None:
    found = blame([TASK, FINE, tool("", error="card 4711 of ann@example.org refused"), say(FINE.text)])
    assert "4711" not in told(found, 1)
    assert "ann@" not in told(found, 1)


TEXTS = st.sampled_from(
    ["", "ok", FINE.text, "I assume 12 of them.", "Error: no", "final answer: 57", "```x = 1```"]
)
TURNS = st.lists(
    st.builds(
        Turn,
        kind=st.sampled_from(["user", "plan", "say", "tool"]),
        agent=st.sampled_from(["a", "b", ""]),
        text=TEXTS,
        tool=st.sampled_from(["", "look", "pay"]),
        call=st.sampled_from(["", "look(1)", "pay(2)"]),
        error=st.sampled_from(["", "timeout", "card 12 refused"]),
        changes=st.booleans(),
        handoff=st.sampled_from(["", "human"]),
    ),
    max_size=12,
)


@given(TURNS)
def test_shares_sum_to_one_and_every_decision_is_a_suspect(turns: list[Turn]) -> None:
    found = blame(turns)
    deciding = [place for place, turn in enumerate(turns) if turn.kind in {"plan", "say"}]
    assert sorted(one.place for one in found.suspects) == deciding
    assert [one.share for one in found.suspects] == sorted(
        (one.share for one in found.suspects), reverse=True
    )
    if deciding:
        assert isclose(sum(one.share for one in found.suspects), 1)
        assert isclose(sum(share for _, share in found.agents), 1)
    assert all(one.category in taxonomy().categories for one in found.suspects)


@given(TURNS, st.integers(0, 12))
def test_what_comes_two_decisions_later_changes_no_sign_but_last_and_lasting(
    turns: list[Turn], cut: int
) -> None:
    full, short = signs_of(turns), signs_of(turns[:cut])
    settled = [*short][:-2]
    for place in settled:
        kept = {
            name: value for name, value in short[place].items() if name not in {"last", "failed_for_good"}
        }
        assert kept == {name: full[place][name] for name in kept}


def test_every_sign_has_a_weight_and_every_weight_a_sign() -> None:
    assert signs_of([FINE])[0].keys() == rules().weights.keys()


def test_rules_name_categories_of_the_taxonomy() -> None:
    named = {row.category for row in rules().weights.values()} - {None, "error"}
    assert named <= taxonomy().categories.keys()


@pytest.mark.parametrize("sign", sorted(rules().weights))
def test_weights_are_what_decides(sign: str) -> None:
    silent = {name: replace(row, weight=0.0) for name, row in rules().weights.items()}
    turns = [TASK, FINE, tool("1 row"), say("short")]
    equal = blame(turns, replace(rules(), weights=silent))
    assert {one.share for one in equal.suspects} == {0.5}
    loud = replace(rules(), weights={**silent, sign: replace(silent[sign], weight=5.0)})
    values = [one[sign] for one in signs_of(turns).values()]
    expected = 1 if values[0] >= values[1] else 3
    assert blame(turns, loud).suspects[0].place == expected
