"""A person's yes, asked for at the client."""

from pathlib import Path
from typing import Any, Literal

import mcp_types as types
import pytest
from tests.support.mcp.gateways import at_work, peer, written

from trimtab.edge.sdk import framework

PAY = {"effect": "irreversible", "approval": {"when": "args.amount > 10"}}


class Person:
    """Somebody at the client, who answers as is told, and what they were asked."""

    def __init__(self, answer: Literal["accept", "decline", "cancel"]) -> None:
        self.answer, self.asked = answer, list[str]()

    async def __call__(self, _: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        self.asked.append(params.message)
        return types.ElicitResult(action=self.answer, content={} if self.answer == "accept" else None)


def paid(folder: Path) -> int:
    file = folder / "paid"
    return len(file.read_text().splitlines()) if file.exists() else 0


async def test_a_yes_lets_exactly_this_call_through(tmp_path: Path) -> None:
    person = Person("accept")
    async with at_work(
        written(tmp_path, {"pay": PAY}, {"desk": peer(tmp_path)}), elicitation_callback=person
    ) as desk:
        first = await desk.call("pay", to="a", amount=50)
        again = await desk.call("pay", to="a", amount=50)
        other = await desk.call("pay", to="a", amount=51)
    assert [one.is_error for one in (first, again, other)] == [False, False, False]
    assert (len(person.asked), paid(tmp_path)) == (
        2,
        2,
    )  # the second is answered from the ledger, the third asks anew
    assert "May pay be called" in person.asked[0]
    assert '"amount": 50' in person.asked[0]


@pytest.mark.parametrize("answer", ["decline", "cancel"])
async def test_a_no_is_a_no(tmp_path: Path, answer: Literal["decline", "cancel"]) -> None:
    person = Person(answer)
    async with at_work(
        written(tmp_path, {"pay": PAY}, {"desk": peer(tmp_path)}), elicitation_callback=person
    ) as desk:
        refused = await desk.call("pay", to="a", amount=50)
        fine = await desk.call("pay", to="a", amount=5)
    assert (refused.is_error, fine.is_error, paid(tmp_path), len(person.asked)) == (True, False, 1, 1)
    assert (refused.meta or {})["trimtab/status"] == "waiting"


async def test_the_person_reads_who_said_a_value_in_doubt_and_no_secret(tmp_path: Path) -> None:
    pay = {"effect": "irreversible", "arguments": {"to": {"from": ["user"], "otherwise": "ask"}}}
    person = Person("decline")
    path = written(tmp_path, {"pay": pay, "note": {"effect": "read"}}, {"desk": peer(tmp_path)})
    async with at_work(path, elicitation_callback=person) as desk:
        await desk.call("note", id="a")
        await desk.call("pay", to="DE99", amount=5)
        await desk.call("pay", to="sk-abcdefghijklmnopqrstuvwxyz", amount=5)
    assert "to 'DE99' comes from note (untrusted)" in person.asked[0]
    assert "abcdefghijkl" not in person.asked[1]


@pytest.mark.parametrize("approval", [{"role": "finance"}, {"quorum": 2}])
async def test_who_sits_at_the_client_is_not_asked_where_somebody_else_must_agree(
    tmp_path: Path, approval: dict[str, Any]
) -> None:
    person = Person("accept")
    tools = {"pay": {"effect": "irreversible", "approval": approval}}
    async with at_work(
        written(tmp_path, tools, {"desk": peer(tmp_path)}), elicitation_callback=person
    ) as desk:
        refused = await desk.call("pay", to="a", amount=5)
    assert (refused.is_error, person.asked, paid(tmp_path)) == (True, [], 0)


async def test_a_client_that_cannot_ask_is_told_what_to_do(tmp_path: Path) -> None:
    async with at_work(written(tmp_path, {"pay": PAY}, {"desk": peer(tmp_path)})) as desk:
        refused = await desk.call("pay", to="a", amount=50)
    assert (refused.is_error, paid(tmp_path)) == (True, 0)
    assert "an operator sets `control`" in refused.content[-1].text


class Afar:
    """People elsewhere, who agree to everything, and what they were asked."""

    def __init__(self) -> None:
        self.asked = list[str]()

    def __call__(self, question: framework.Question) -> list[str]:
        self.asked.append(question.tool)
        return ["ann", "bob"]


@pytest.mark.parametrize(
    ("approval", "capable"), [({}, False), ({"role": "finance"}, True), ({"quorum": 2}, True)]
)
async def test_people_elsewhere_are_asked_where_nobody_at_the_client_can_be(
    tmp_path: Path, approval: dict[str, Any], capable: bool
) -> None:
    person, afar = Person("accept"), Afar()
    path = written(
        tmp_path, {"pay": {"effect": "irreversible", "approval": approval}}, {"desk": peer(tmp_path)}
    )
    here = {"elicitation_callback": person} if capable else {}
    async with at_work(path, afar, **here) as desk:
        fine = await desk.call("pay", to="a", amount=5)
    assert (fine.is_error, person.asked, afar.asked, paid(tmp_path)) == (False, [], ["pay"], 1)


async def test_a_no_at_the_client_is_not_asked_about_elsewhere(tmp_path: Path) -> None:
    person, afar = Person("decline"), Afar()
    path = written(tmp_path, {"pay": PAY}, {"desk": peer(tmp_path)})
    async with at_work(path, afar, elicitation_callback=person) as desk:
        refused = await desk.call("pay", to="a", amount=50)
    assert (refused.is_error, len(person.asked), afar.asked, paid(tmp_path)) == (True, 1, [], 0)
    assert "was asked, and has not agreed" in refused.content[-1].text
