"""Who may see and change whom, projects apart from each other, and the log of what was done."""

import json
import sqlite3
from collections.abc import Generator
from contextlib import closing

import pytest
from tests.support.bodies import good
from tests.support.people import ask, join, post, sign_in
from tests.support.server import Inside, inside


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Generator[Inside]:
    """Two projects, each with an admin; and somebody who is in both."""
    with inside(tmp_path_factory.mktemp("users") / "data", password_cost=4) as found:
        assert found.call("keys", {"new_project": "other", "scopes": "read"}).status_code == 200
        found.admin = join(found, "admin", "admin")  # type: ignore[attr-defined]
        found.stranger = join(found, "stranger", "admin", "other")  # type: ignore[attr-defined]
        join(found, "both", "viewer")
        found.request(
            "POST", "/api/v1/users", b'{"name": "both", "role": "admin"}', x_trimtab_project="other"
        )
        yield found


def test_an_admin_sees_only_people_of_the_project(house: Inside) -> None:
    names = {one["name"] for one in ask(house, house.admin, "GET", "users").json()["users"]}
    assert "stranger" not in names
    assert {"admin", "both"} <= names
    assert ask(house, house.admin, "GET", "users/stranger").status_code == 404
    assert ask(house, house.admin, "PATCH", "users/stranger", {"role": "viewer"}).status_code == 404
    assert ask(house, house.admin, "DELETE", "users/stranger").status_code == 404
    assert ask(house, house.admin, "GET", "users/both").json()["roles"] == {}


def test_an_admin_gets_no_hold_of_another_project_through_a_person_of_both(house: Inside) -> None:
    assert ask(house, house.admin, "POST", "users/both/link").status_code == 403
    assert ask(house, house.admin, "PATCH", "users/both", {"disabled": True}).status_code == 403
    sent = {"name": "later", "role": "admin"}
    assert ask(house, house.stranger, "POST", "users", sent).json()["link"]
    assert ask(house, house.admin, "POST", "users", sent).json()["link"] is None


def test_nobody_makes_an_admin_of_all_projects_but_one(house: Inside) -> None:
    sent = {"name": "eve", "role": "admin", "every_project": True}
    assert ask(house, house.admin, "POST", "users", sent).status_code == 403
    assert ask(house, house.admin, "PATCH", "users/admin", sent | {"name": None}).status_code == 400
    root = join(house, "root", "admin", every_project=True)
    assert ask(house, root, "GET", "users/stranger").json()["roles"] == {"other": "admin"}
    assert ask(house, root, "GET", "keys", x_trimtab_project="other").status_code == 200
    assert ask(house, house.admin, "DELETE", "users/root").status_code == 403
    assert ask(house, root, "POST", "backup", {"folder": "/nowhere/copy"}).status_code == 403


def test_a_project_of_others_is_not_there(house: Inside) -> None:
    for path in ("sessions", "me", "users", "audit"):
        answer = ask(house, house.admin, "GET", path, x_trimtab_project="other")
        assert answer.status_code == 404
        nobodys = ask(house, house.admin, "GET", path, x_trimtab_project="nobodys")
        assert answer.json()["detail"].replace("other", "nobodys") == nobodys.json()["detail"]


def test_objects_of_another_project_are_not_there(house: Inside) -> None:
    assert house.send(good(77)).status_code == 200
    house.settle()
    session = ask(house, house.admin, "GET", "sessions").json()["sessions"][0]["session"]
    sent = {"title": "slow", "by": "ann"}
    incident = house.call("incidents", sent).json()["id"]
    key = house.call("keys", {"scopes": "read"}).json()["id"]
    silence = house.call(
        "silences", {"matchers": ['severity="page"'], "by": "ann", "comment": "a test"}
    ).json()["id"]
    asked = [
        ("GET", f"sessions/{session}", None),
        ("GET", f"sessions/{session}/blame", None),
        ("GET", f"incidents/{incident}", None),
        ("POST", f"incidents/{incident}", {"action": "note", "note": "x"}),
        ("POST", "silences/end", {"id": silence}),
        ("POST", "keys/revoke", {"id": key}),
    ]
    for method, path, value in asked:
        assert ask(house, house.stranger, method, path, value).status_code == 404, path
    for method, path, value in asked:
        seen = ask(house, house.admin, method, path, value).status_code
        assert seen == (400 if path.endswith("blame") else 200), (
            path
        )  # a session that did not fail has no blame


def test_a_person_without_roles_is_forgotten(house: Inside) -> None:
    cookie = join(house, "passing", "viewer")
    assert ask(house, house.admin, "DELETE", "users/passing").json() == {
        "removed": "passing",
        "roles_left": 0,
    }
    assert ask(house, cookie, "GET", "me").status_code == 401
    assert sign_in(house, "passing").status_code == 401


def test_a_role_is_changed_at_once(house: Inside) -> None:
    cookie = join(house, "rising", "viewer")
    assert ask(house, cookie, "POST", "rates", {"session_usd": 0}).status_code == 403
    assert ask(house, house.admin, "PATCH", "users/rising", {"role": "editor"}).json()["role"] == "editor"
    assert ask(house, cookie, "POST", "rates", {"session_usd": 0}).status_code == 200
    assert ask(house, cookie, "PATCH", "users/rising", {"role": "admin"}).status_code == 403


@pytest.mark.parametrize("name", ["", "a b", "../etc", "x" * 101, "ann<script>", "-"])
def test_a_wrong_name_is_refused(house: Inside, name: str) -> None:
    assert ask(house, house.admin, "POST", "users", {"name": name, "role": "viewer"}).status_code == 400


def test_a_name_is_given_once(house: Inside) -> None:
    sent = {"name": "Twice", "role": "viewer"}
    assert ask(house, house.admin, "POST", "users", sent).status_code == 200
    assert ask(house, house.admin, "POST", "users", sent | {"name": "twice"}).status_code == 409


def log_of(house: Inside, cookie: str) -> list[dict[str, object]]:
    return ask(house, cookie, "GET", "audit?limit=1000").json()["entries"]


def test_every_write_is_in_the_log_with_what_came_of_it(house: Inside) -> None:
    ask(house, house.admin, "POST", "rates", {"session_usd": 0})
    ask(house, house.admin, "POST", "rates", {"session_usd": -1})
    ask(house, house.admin, "POST", "sli/remove", {"name": "nothing"})
    watcher = join(house, "watcher", "viewer")
    ask(house, watcher, "POST", "retention", {"kind": "bodies", "days": 1})
    ask(house, watcher, "GET", "sessions")
    log = log_of(house, house.admin)
    seen = [(row["who"], row["action"], row["target"], row["outcome"]) for row in log]
    assert seen[0] == ("user:watcher", "POST /api/v1/retention", "", 403)
    assert ("user:admin", "POST /api/v1/sli/remove", "name=nothing", 404) in seen
    assert ("user:admin", "POST /api/v1/rates", "", 200) in seen
    assert ("user:admin", "POST /api/v1/rates", "", 400) in seen
    assert ("owner", "POST /api/v1/users", "name=watcher role=viewer", 200) in seen
    assert all(row["address"] == "127.0.0.1" and row["at_ns"] for row in log)
    assert not any("GET" in str(row["action"]) for row in log)


def test_a_key_is_named_by_its_id(house: Inside) -> None:
    made = house.call("keys", {"scopes": "ingest", "name": "of a test"}).json()
    fact = {"id": "f1", "kind": "outcome", "source": "human", "session": "s", "label": "success"}
    assert post(house, "facts", fact, authorization=f"Bearer {made['key']}").status_code == 200
    assert (log_of(house, house.admin)[0]["who"], log_of(house, house.admin)[0]["outcome"]) == (
        f"key:{made['id']}",
        200,
    )


def test_no_secret_is_in_the_log(house: Inside) -> None:
    key = house.call("keys", {"scopes": "read"}).json()["key"]
    link = house.call("users", {"name": "linked", "role": "viewer"}).json()["link"].rpartition("/")[2]
    post(house, f"welcome/{link}", {"password": "a password to be found"})
    sign_in(house, "linked", "a wrong password 1")
    house.call("erase", {"user": "somebody@example.com"})
    with closing(sqlite3.connect(house.server.settings.data / "state.sqlite")) as con:
        log = json.dumps(con.execute("select * from audit").fetchall())
    assert "POST /api/v1/welcome/{token}" in log
    assert "as:linked" in log
    for secret in (key, link, "a password to be found", "a wrong password 1", "somebody@example.com"):
        assert secret not in log


def test_the_log_is_only_appended_to(house: Inside) -> None:
    with closing(sqlite3.connect(house.server.settings.data / "state.sqlite")) as con:
        for statement in ("delete from audit", "update audit set who = 'nobody'"):
            with pytest.raises(sqlite3.IntegrityError, match="only appended"):
                con.execute(statement)


def test_the_log_of_another_project_is_not_seen(house: Inside) -> None:
    ask(house, house.admin, "POST", "sli/remove", {"name": "only-here"})
    assert "only-here" not in json.dumps(log_of(house, house.stranger))
    assert ask(house, join(house, "editing", "editor"), "GET", "audit").status_code == 403
