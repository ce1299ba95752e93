"""Approvals over the API: who may answer, what is kept of the arguments, one permit, the log."""

from collections.abc import Generator
from typing import Any

import pytest
from tests.support.people import ask, join
from tests.support.server import Inside, inside

from trimtab.adapters.ed25519 import trusting
from trimtab.vocabulary.audit import read_note
from trimtab.vocabulary.control import read_permit


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Generator[Inside]:
    with inside(tmp_path_factory.mktemp("approvals") / "data", password_cost=4) as found:
        assert found.call("keys", {"new_project": "other", "scopes": "ingest"}).status_code == 200
        yield found


@pytest.fixture(scope="module")
def people(house: Inside) -> dict[str, str]:
    return {
        "viewer": join(house, "vi", "viewer"),
        "responder": join(house, "re", "responder"),
        "editor": join(house, "ed", "editor"),
        "admin": join(house, "ad", "admin"),
        "stranger": join(house, "st", "admin", "other"),
    }


def asked(house: Inside, **more: Any) -> str:
    """A request of an agent, by its own key; its id."""
    made = house.call("keys", {"scopes": "ingest", "name": "agent"}).json()["key"]
    sent = {
        "agent": "support",
        "tool": "pay",
        "args": '{"iban": "GB33BUKB20201555555555"}',
        "args_digest": "a" * 64,
        "contract_digest": "c" * 64,
        "user": "vi",
        "doubts": {"iban": "iban comes from mail.read"},
    } | more
    answer = ask(house, "", "POST", "approvals", sent, authorization=f"Bearer {made}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def say(house: Inside, who: str, name: str, word: str, reason: str = "read it") -> Any:
    return ask(house, who, "POST", f"approvals/{name}/{word}", {"reason": reason})


def test_a_yes_is_used_once_and_signed(house: Inside, people: dict[str, str]) -> None:
    name = asked(house)
    (row,) = ask(house, people["viewer"], "GET", "approvals").json()["approvals"]
    assert (row["id"], row["status"], row["doubts"]) == (
        name,
        "requested",
        {"iban": "iban comes from mail.read"},
    )
    assert "GB33" not in row["args"]
    assert say(house, people["viewer"], name, "approve").status_code == 403
    assert say(house, people["stranger"], name, "approve").status_code == 404
    assert say(house, people["responder"], name, "approve", " ").status_code == 400
    assert house.call(f"approvals/{name}/use", {}).status_code == 409
    assert say(house, people["responder"], name, "approve").json()["status"] == "granted"
    assert say(house, people["editor"], name, "approve").status_code == 409
    used = house.call(f"approvals/{name}/use", {})
    note = read_note(used.text)
    key = ask(house, people["viewer"], "GET", "control/key").json()["key"]
    assert trusting(key)(note)
    permit = read_permit(note.text)
    assert (permit.request, permit.approvers, permit.args_digest) == (name, ("user:re",), "a" * 64)
    assert house.call(f"approvals/{name}/use", {}).status_code == 409
    log = ask(house, people["admin"], "GET", "audit?limit=20").json()["entries"]
    assert ("user:re", f"approval={name} reason=read it", 200) in {
        (one["who"], one["target"], one["outcome"]) for one in log
    }


def test_quorum_counts_people_and_not_what_they_call_themselves(
    house: Inside, people: dict[str, str]
) -> None:
    name = asked(house, quorum=2)
    assert say(house, people["responder"], name, "approve").json()["status"] == "requested"
    assert say(house, people["responder"], name, "approve").status_code == 409
    sent = {"reason": "x", "by": "somebody else"}
    assert ask(house, people["responder"], "POST", f"approvals/{name}/approve", sent).status_code == 400
    assert say(house, people["editor"], name, "approve").json()["status"] == "granted"
    assert say(house, people["responder"], name, "revoke", "a mistake").json()["status"] == "revoked"
    assert house.call(f"approvals/{name}/use", {}).status_code == 409


@pytest.mark.parametrize(
    ("more", "may"),
    [
        ({"role": "editor"}, {"editor", "admin"}),
        ({"role": "finance"}, {"admin"}),
        ({"user": "re"}, {"editor", "admin"}),
        ({"user": "re", "not_requester": False}, {"responder", "editor", "admin"}),
    ],
)
def test_whose_yes_counts(house: Inside, people: dict[str, str], more: dict[str, Any], may: set[str]) -> None:
    for who in ("responder", "editor", "admin"):
        answer = say(house, people[who], asked(house, **more), "approve")
        assert answer.status_code == (200 if who in may else 403), who


def test_one_no_is_enough_and_figures_count_it(house: Inside, people: dict[str, str]) -> None:
    before = ask(house, people["viewer"], "GET", "approvals/figures").json()
    name = asked(house, quorum=2)
    say(house, people["responder"], name, "approve")
    assert say(house, people["editor"], name, "deny", "not ours").json()["status"] == "denied"
    assert say(house, people["admin"], name, "approve").status_code == 409
    after = ask(house, people["viewer"], "GET", "approvals/figures").json()
    assert (after["requests"], after["denied"]) == (before["requests"] + 1, before["denied"] + 1)
    assert after["rubber_stamped"] == 1.0


def test_an_admin_alone_breaks_the_glass_and_somebody_else_reviews_it(
    house: Inside, people: dict[str, str]
) -> None:
    name = asked(house, quorum=3)
    assert say(house, people["editor"], name, "break_glass").status_code == 403
    assert say(house, people["admin"], name, "break_glass", " ").status_code == 400
    told = say(house, people["admin"], name, "break_glass", "nobody else is awake").json()
    assert (told["status"], told["review_status"], told["responses"]) == ("granted", "due", [])
    assert (told["break_glass"]["who"], told["break_glass"]["reason"]) == ("user:ad", "nobody else is awake")
    assert house.call(f"approvals/{name}/use", {}).status_code == 200
    assert house.call(f"approvals/{name}/use", {}).status_code == 409
    listed = ask(house, people["viewer"], "GET", "approvals").json()["approvals"]
    assert name in {one["id"] for one in listed}
    assert say(house, people["viewer"], name, "review").status_code == 403
    assert say(house, people["admin"], name, "review").status_code == 403
    assert say(house, people["responder"], name, "review", "it was right").json()["review_status"] == "done"
    listed = ask(house, people["viewer"], "GET", "approvals").json()["approvals"]
    assert name not in {one["id"] for one in listed}
    log = ask(house, people["admin"], "GET", "audit?limit=50").json()["entries"]
    assert ("user:ad", f"approval={name} reason=nobody else is awake", 200) in {
        (one["who"], one["target"], one["outcome"]) for one in log if "break_glass" in one["action"]
    }


def test_nobody_breaks_the_glass_for_themselves_or_where_a_yes_is_enough(
    house: Inside, people: dict[str, str]
) -> None:
    assert say(house, people["admin"], asked(house, user="ad", quorum=2), "break_glass").status_code == 403
    assert say(house, people["admin"], asked(house), "break_glass").status_code == 409
    name = asked(house, quorum=2)
    say(house, people["admin"], name, "approve")
    assert say(house, people["admin"], name, "break_glass").json()["status"] == "granted"
