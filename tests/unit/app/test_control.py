"""Directives over the API: who may give which, the signed document, waiting for the next one, the log."""

import threading
from collections.abc import Generator
from typing import Any

import pytest
from tests.support.people import ask, join
from tests.support.server import Inside, inside

from trimtab.adapters.ed25519 import check
from trimtab.loop.mitigation import Wish
from trimtab.vocabulary.audit import read_key, read_note
from trimtab.vocabulary.control import read_document

DOCUMENT = "control?agent=support&environment=prod"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Generator[Inside]:
    with inside(tmp_path_factory.mktemp("control") / "data", password_cost=4) as found:
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


def wish(what: str, **more: Any) -> dict[str, Any]:
    return {"what": what, "reason": "refunds are wrong", "agent": "support"} | more


@pytest.mark.parametrize(
    ("what", "owner", "may"),
    [
        ("read_only", "person", {"responder", "editor", "admin"}),
        ("tool_off:refund.create", "mitigation", {"editor", "admin"}),
        ("bundle:b7", "release", {"editor", "admin"}),
        ("observe", "person", {"admin"}),
        ("unasked:refund.create", "person", {"admin"}),
    ],
)
def test_who_may_give_which(
    house: Inside, people: dict[str, str], what: str, owner: str, may: set[str]
) -> None:
    for who in ("viewer", "responder", "editor", "admin"):
        answer = ask(house, people[who], "POST", "directives", wish(what, owner=owner, agent="nobody"))
        assert answer.status_code == (200 if who in may else 403), who
        if who in may:
            gone = f"directives/{answer.json()['id']}?reason=test"
            assert ask(house, people["viewer"], "DELETE", gone).status_code == 403
            assert ask(house, people[who], "DELETE", gone).json()["undone_by"] == who[:2]


@pytest.mark.parametrize(
    "sent",
    [
        {"what": "read_only"},
        {"reason": "why"},
        wish("fly"),
        wish("read_only", reason="  "),
        wish("read_only", lasts_s=90 * 86_400 + 1),
        wish("read_only", owner="nobody"),
        wish("split:a=60,b=50"),
        wish("read_only", agent="a" * 201),
        wish("read_only", from_ns=1),
    ],
)
def test_what_cannot_be_is_refused(house: Inside, people: dict[str, str], sent: dict[str, Any]) -> None:
    assert ask(house, people["admin"], "POST", "directives", sent).status_code == 400


def test_the_document_is_signed_tagged_and_of_one_project(house: Inside, people: dict[str, str]) -> None:
    made = ask(house, people["responder"], "POST", "directives", wish("read_only", environment="prod")).json()
    assert (made["stands"], made["direction"], made["who"]) == (True, "narrow", "re")
    answer = ask(house, people["viewer"], "GET", DOCUMENT)
    note = read_note(answer.text)
    document = read_document(note.text)
    assert [(one.what, one.ids) for one in document.orders] == [("read_only", (made["id"],))]
    key = read_key(ask(house, people["viewer"], "GET", "control/key").json()["key"])
    assert note.is_signed(key, check)
    again = ask(house, people["viewer"], "GET", DOCUMENT, if_none_match=answer.headers["etag"])
    assert again.status_code == 304
    staging = ask(house, people["viewer"], "GET", "control?agent=support&environment=staging")
    assert read_document(read_note(staging.text).text).orders == ()
    assert ask(house, people["stranger"], "GET", "directives").json()["directives"] == []
    gone = f"directives/{made['id']}?reason=mended"
    assert ask(house, people["stranger"], "DELETE", gone).status_code == 404
    assert ask(house, people["responder"], "DELETE", gone).status_code == 200
    assert ask(house, people["responder"], "DELETE", gone).status_code == 409
    after = read_document(read_note(ask(house, people["viewer"], "GET", DOCUMENT).text).text)
    assert (after.version > document.version, after.orders) == (True, ())
    assert made["id"] in {
        one["id"] for one in ask(house, people["viewer"], "GET", "directives?all=yes").json()["directives"]
    }


def test_whoever_waits_hears_of_the_next_document(house: Inside, people: dict[str, str]) -> None:
    tag = ask(house, people["viewer"], "GET", DOCUMENT).headers["etag"]
    assert ask(house, people["viewer"], "GET", f"{DOCUMENT}&wait_s=1", if_none_match=tag).status_code == 304
    control = house.server.control
    later = Wish(what="no_egress", owner="person", who="re", reason="leak", lasts_s=60, agent="support")
    timer = threading.Timer(0.5, lambda: control.direct("default", later))
    timer.start()
    answer = ask(house, people["viewer"], "GET", f"{DOCUMENT}&wait_s=10", if_none_match=tag)
    timer.join()
    assert [one.what for one in read_document(read_note(answer.text).text).orders] == ["no_egress"]
    assert ask(house, people["viewer"], "GET", f"{DOCUMENT}&wait_s=x").status_code == 400


def test_each_directive_is_in_the_log(house: Inside, people: dict[str, str]) -> None:
    ask(house, people["responder"], "POST", "directives", wish("no_irreversible", reason="told to nobody"))
    entry = ask(house, people["admin"], "GET", "audit?limit=1").json()["entries"][0]
    assert (entry["who"], entry["action"], entry["outcome"]) == ("user:re", "POST /api/v1/directives", 200)
    assert entry["target"] == "what=no_irreversible agent=support"
