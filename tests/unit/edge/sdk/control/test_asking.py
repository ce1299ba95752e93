"""What an edge believes of a yes, and what it does where nobody answers."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from trimtab.edge.sdk.control.asking import Asking
from trimtab.edge.sdk.control.fetch import Answer
from trimtab.edge.sdk.tools.ask import Question, RanOut
from trimtab.vocabulary.audit import FakeKey, Key, Note, fake_check
from trimtab.vocabulary.control import Permit

SIGNER = FakeKey("control")
QUESTION = Question(
    tool="pay",
    args={"iban": "X", "key": "sk-abcdefghijklmnopqrstuvwxyz"},
    why="pay needs 1 yes",
    role="",
    quorum=1,
    session="s",
    user="ann",
    doubts={"iban": "iban comes from mail.read"},
    args_digest="a",
    contract_digest="c",
    wait_s=0.3,
)


def trusted(note: Note) -> bool:
    return note.is_signed(Key(name="control", public=SIGNER.public), fake_check)


def permit(**more: Any) -> Permit:
    found = Permit(
        request="r1",
        project="p",
        agent="support",
        session="s",
        tool="pay",
        args_digest="a",
        contract_digest="c",
        approvers=("user:bo",),
        until_ns=time.time_ns() + 60_000_000_000,
    )
    return replace(found, **more)


class Desk:
    """A server that says what it was told."""

    agent, environment = "support", "prod"

    def __init__(self, status: str = "granted", used: str = "", ask: int = 200) -> None:
        self.status, self.used, self.ask = status, used, ask
        self.posts: list[tuple[str, Mapping[str, Any]]] = []

    def post(self, path: str, value: Mapping[str, Any]) -> Answer:
        self.posts.append((path, value))
        if path == "approvals":
            return Answer(status=self.ask, text='{"id": "r1"}')
        return Answer(status=200 if self.used else 409, text=self.used)

    def get(self, path: str, tag: str = "", wait_s: int = 0) -> Answer:
        assert path == "approvals/r1"
        assert wait_s <= 5
        if self.status == "gone":
            raise OSError("gone")
        return Answer(status=200, text=json.dumps({"status": self.status}), tag=f"{tag}1")


def ask(desk: Desk, question: Question = QUESTION) -> list[str]:
    return Asking(desk, trusted)(question)  # type: ignore[arg-type]


def signed(found: Permit, signer: FakeKey = SIGNER) -> str:
    return str(found.note().signed(signer))


def test_a_yes_gives_the_names_of_those_who_said_it() -> None:
    desk = Desk(used=signed(permit()))
    assert ask(desk) == ["bo"]
    (_, sent), (path, _) = desk.posts
    assert path == "approvals/r1/use"
    assert (sent["agent"], sent["args_digest"], sent["doubts"]) == ("support", "a", QUESTION.doubts)
    assert "sk-abc" not in sent["args"]


@pytest.mark.parametrize(
    "used",
    [
        "",
        "<html>",
        signed(permit(), FakeKey("other")),
        signed(permit()).replace("user:bo", "user:eve"),
        signed(permit(request="r0")),
        signed(permit(tool="mail")),
        signed(permit(args_digest="b")),
        signed(permit(contract_digest="d")),
        signed(permit(until_ns=1)),
    ],
    ids=["used", "html", "signer", "altered", "replayed", "tool", "arguments", "contract", "over"],
)
def test_what_must_not_be_believed_is_a_no(used: str) -> None:
    assert ask(Desk(used=used)) == []


@pytest.mark.parametrize("status", ["requested", "denied", "expired", "revoked", "consumed", "gone"])
def test_everything_else_is_a_no(status: str) -> None:
    desk = Desk(status, used=signed(permit()))
    assert ask(desk) == []
    assert len(desk.posts) == 1


@pytest.mark.parametrize("code", [400, 403, 500])
def test_where_nobody_can_be_asked_it_is_a_no(code: int) -> None:
    assert ask(Desk(ask=code)) == []


def test_the_same_call_finds_its_request_again_and_another_does_not() -> None:
    desk = Desk("requested", used=signed(permit()))
    asking = Asking(desk, trusted)  # type: ignore[arg-type]
    assert asking(QUESTION) == asking(QUESTION) == []
    assert [path for path, _ in desk.posts] == ["approvals"]
    desk.status = "granted"
    assert asking(replace(QUESTION, args_digest="b")) == []  # the permit is for the first
    assert asking(QUESTION) == ["bo"]
    assert [path for path, _ in desk.posts].count("approvals") == 2


@pytest.mark.parametrize(("status", "over"), [("expired", True), ("denied", False), ("revoked", False)])
def test_a_request_that_ran_out_is_told_apart_from_a_no(status: str, over: bool) -> None:
    found = ask(Desk(status=status))
    assert found == []
    assert isinstance(found, RanOut) is over
