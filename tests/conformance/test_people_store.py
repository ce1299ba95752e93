"""What every store of people, audit log and store of answers does; the fake is the adapter in memory."""

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.support.postgres import POSTGRES, new_state

from trimtab.adapters.sql_state import SqlAuditLog, SqlPeopleStore, SqlReplies
from trimtab.loop.access import (
    INTERRUPTED,
    KEPT_NS,
    UNDER_WAY,
    AuditEntry,
    Invitation,
    KeptReply,
    Person,
    Visit,
)
from trimtab.vocabulary.kernel import Conflict


@pytest.fixture(params=["memory", "sqlite", *POSTGRES])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return new_state()
    return ":memory:" if request.param == "memory" else str(tmp_path / "state.sqlite")


@pytest.fixture
def store(where: str) -> Generator[SqlPeopleStore]:
    found = SqlPeopleStore(where)
    yield found
    found.close()


def ann(name: str = "ann") -> Person:
    return Person(id=f"usr_{name}", name=name, created_ns=1, roles={"p": "viewer"})


def test_people_are_found_by_name_and_id(store: SqlPeopleStore) -> None:
    store.add_person(ann("bo"))
    store.add_person(ann())
    assert store.person("usr_ann") == ann() == store.person_named("ann")
    assert store.person_named("nobody") is None
    assert [one.name for one in store.people()] == ["ann", "bo"]
    with pytest.raises(Conflict):
        store.add_person(Person(id="usr_other", name="ann", created_ns=1, roles={}))


def test_roles_passwords_and_standing_change(store: SqlPeopleStore) -> None:
    store.add_person(ann())
    store.set_role("usr_ann", "p", "admin")
    store.set_role("usr_ann", "q", "editor")
    store.set_password("usr_ann", "kept")
    store.set_disabled("usr_ann", 7)
    found = store.person("usr_ann")
    assert found is not None
    assert (found.roles, found.password, found.disabled_ns) == ({"p": "admin", "q": "editor"}, "kept", 7)
    store.set_role("usr_ann", "q", None)
    store.set_disabled("usr_ann", None)
    found = store.person("usr_ann")
    assert found is not None
    assert (found.roles, found.disabled_ns) == ({"p": "admin"}, None)


def test_visits_end_one_by_one_by_person_and_by_age(store: SqlPeopleStore) -> None:
    for digest, person, seen_ns in (("a", "x", 5), ("b", "x", 6), ("c", "y", 7)):
        store.add_visit(Visit(digest=digest, person=person, created_ns=seen_ns, seen_ns=seen_ns))
    store.see_visit("a", 9)
    assert store.visit("a") == Visit(digest="a", person="x", created_ns=5, seen_ns=9)
    assert store.end_visits(digest="b") == 1
    assert store.end_visits(digest="b") == 0
    store.add_visit(Visit(digest="b", person="x", created_ns=6, seen_ns=6))
    assert store.end_visits(person="x", but="a") == 1
    assert store.prune_visits(0, 8) == 1
    assert (store.visit("c"), store.visit("a") is not None) == (None, True)
    assert store.prune_visits(6, 0) == 1


def test_a_link_is_used_once_and_replaced_by_the_next(store: SqlPeopleStore) -> None:
    first, second = (Invitation(digest=one, person="x", expires_ns=9) for one in "ab")
    other = Invitation(digest="c", person="y", expires_ns=9)
    for one in (first, other, second):
        store.put_invitation(one)
    assert (store.invitation("a"), store.invitation("b"), store.invitation("c")) == (None, second, other)
    assert store.use_invitation("b")
    assert not store.use_invitation("b")
    assert store.invitation("b") is None


def test_somebody_vouched_for_is_found_by_issuer_and_subject_alone(store: SqlPeopleStore) -> None:
    vouched = Person(id="usr_v", name="vera", created_ns=1, roles={"p": "viewer"}, issuer="https://i")
    store.add_person(ann())
    store.add_person(vouched, "7")
    assert store.person_vouched("https://i", "7") == vouched == store.person("usr_v")
    assert [store.person_vouched(*who) for who in (("https://i", "8"), ("https://j", "7"))] == [None, None]
    again = Person(id="usr_w", name="other", created_ns=1, roles={}, issuer="https://i")
    with pytest.raises(Conflict):
        store.add_person(again, "7")
    store.set_roles("usr_v", {"q": "admin", "*": "viewer"})
    found = store.person("usr_v")
    assert found is not None
    assert found.roles == {"q": "admin", "*": "viewer"}
    store.remove_person("usr_v")
    assert store.person_vouched("https://i", "7") is None
    store.add_person(again, "7")


def test_a_person_goes_with_everything(store: SqlPeopleStore) -> None:
    store.add_person(ann())
    store.add_visit(Visit(digest="a", person="usr_ann", created_ns=1, seen_ns=1))
    store.put_invitation(Invitation(digest="b", person="usr_ann", expires_ns=9))
    store.remove_person("usr_ann")
    assert (store.person("usr_ann"), store.visit("a"), store.invitation("b")) == (None, None, None)
    store.add_person(Person(id="usr_ann", name="ann", created_ns=2, roles={}))
    found = store.person("usr_ann")
    assert found is not None
    assert found.roles == {}


def entry(number: int, project: str = "p") -> AuditEntry:
    return AuditEntry(
        at_ns=number, project=project, who="owner", action="POST /x", target="", address="", outcome=200
    )


def test_the_log_gives_the_latest_first_below_a_number(where: str) -> None:
    log = SqlAuditLog(where)
    for number in range(5):
        log.append(entry(number))
        log.append(entry(number, "q"))
    found = log.entries(["p"], 1 << 60, 3)
    assert [one.at_ns for one in found] == [4, 3, 2]
    assert [one.at_ns for one in log.entries(["p"], found[-1].sequence, 3)] == [1, 0]
    assert log.entries(["nobody"], 1 << 60, 3) == []
    assert [one.at_ns for one in log.entries(["p", "q"], 1 << 60, 3)] == [4, 4, 3]
    log.close()


def test_an_answer_stands_for_its_key_for_a_day(where: str) -> None:
    replies = SqlReplies(where)
    done = KeptReply(digest="d", status=200, media="application/json", body=b"{}")
    assert replies.begin("ann", "k", "d", 1) is None
    assert replies.begin("ann", "k", "e", 1) == KeptReply(digest="d", status=UNDER_WAY, media="", body=b"")
    assert replies.begin("bo", "k", "d", 1) is None
    replies.keep("ann", "k", done)
    assert replies.begin("ann", "k", "d", 2) == done
    replies.release("bo", "k")
    assert replies.begin("bo", "k", "e", 2) is None
    assert replies.begin("ann", "k", "e", KEPT_NS + 2) is None
    replies.close()


def test_what_was_under_way_when_the_server_ended_is_interrupted(tmp_path: Path) -> None:
    where = str(tmp_path / "state.sqlite")
    first = SqlReplies(where)
    assert first.begin("ann", "k", "d", 1) is None
    first.close()
    again = SqlReplies(where)
    found = again.begin("ann", "k", "d", 1)
    assert found is not None
    assert found.status == INTERRUPTED
    again.close()
