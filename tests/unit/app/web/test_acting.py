"""What the console changes: by whoever may, from its own pages, as the API does it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.support.people import join
from tests.support.promising import Shop

Page = Callable[..., httpx.Response]
Send = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def cookies(store: Shop) -> dict[str, str]:
    """Somebody of each role, signed in."""
    return {role: join(store.server, f"{role}-vi", role) for role in ("viewer", "responder")}


@pytest.fixture
def send(store: Shop, cookies: dict[str, str]) -> Send:
    """Send a form of the console as somebody of a role."""

    def send_form(act: str, fields: Any, status: int = 303, role: str = "responder", **headers: str) -> Any:
        named = {"authorization": "", "cookie": cookies[role], "sec_fetch_site": "same-origin"} | headers
        store.server.forget_cookies()
        answer = store.server.request("POST", f"/do/{act}", urlencode(fields, doseq=True).encode(), **named)
        assert answer.status_code == status, answer.text[-1500:]
        return answer

    return send_form


def see(store: Shop, path: str, cookie: str) -> str:
    store.server.forget_cookies()
    answer = store.server.request("GET", path, authorization="", cookie=cookie)
    assert answer.status_code == 200, answer.text[-1500:]
    return answer.text


def test_somebody_takes_an_incident_and_ends_it_from_its_page(store: Shop, send: Send) -> None:
    send("declare", {"title": "Orders <i>hang</i>", "gravity": "sev2", "next": "/incidents"})
    found = store.get("incidents")["incidents"][0]
    mine = {"incident": found["id"], "next": f"/incidents/{found['id']}"}
    answer = send("incident", mine | {"action": "acknowledge", "why": "on it"})
    assert answer.headers["location"] == mine["next"]
    send("incident", mine | {"action": "note", "note": "since the release"})
    send("incident", mine | {"action": "assign", "role": "commander", "person": "ada"})
    send("incident", mine | {"action": "update", "impact": "orders are late", "actions": "roll back"})
    send("incident", mine | {"action": "suppose", "idea": "the new prompt"})
    send("incident", mine | {"action": "grade", "gravity": "sev1"})
    send("incident", mine | {"action": "resolve", "why": "rolled back"})
    shown = store.get(f"incidents/{found['id']}")
    assert shown["incident"]["status"] == "resolved"
    assert shown["incident"]["roles"] == {"commander": "ada"}
    assert shown["incident"]["gravity"] == "sev1"
    assert {event["who"] for event in shown["timeline"]} == {"responder-vi"}
    assert shown["possible"] == ["reopen"]
    send("incident", mine | {"action": "acknowledge"}, status=409)


def test_an_alert_is_taken_and_silenced_and_the_silence_ended(store: Shop, send: Send) -> None:
    alert = store.firing()[0]
    send("acknowledge", {"alert": alert["fingerprint"], "note": "mine", "next": "/alerts"})
    assert store.firing()[0]["acknowledged_by"] == "responder-vi"
    conditions = [f'objective="{alert["labels"]["objective"]}"', 'severity="page"']
    send("silence", {"matchers": conditions, "lasts": "2h", "comment": "known", "next": "/silences"})
    [silence] = store.get("silences")["silences"]
    assert silence["state"] == "active"
    assert (silence["matchers"], silence["author"]) == (conditions, "responder-vi")
    assert silence["ends_ns"] - store.clock.now_ns() == 2 * 3600 * 10**9
    send("end-silence", {"id": silence["id"], "next": "/silences"})
    assert store.get("silences")["silences"][0]["state"] == "expired"
    send("silence", {"matchers": conditions, "lasts": "soon"}, status=400)


def test_what_somebody_tells_twice_is_one_fact_and_goes_before_what_the_agent_told(
    store: Shop, send: Send
) -> None:
    session = store.get("sessions?outcome=success&agent=shop&limit=1")["sessions"][0]["session"]
    told = {"session": session, "kind": "outcome", "label": "failure", "reason": "wrong <b>order</b>"}
    for _ in range(2):
        send("tell", told | {"next": f"/sessions/{session}"})
    opened = store.get(f"sessions/{session}")
    assert (opened["session"]["outcome"], opened["session"]["outcome_source"]) == ("failure", "human")
    assert len([fact for fact in opened["facts"] if fact["source"] == "human"]) == 1
    send("tell", {"session": session, "kind": "score", "name": "tone", "value": "0.25"})
    send("tell", {"session": session, "kind": "label", "name": "topic", "label": "refund"})
    facts = {one["name"]: one for one in store.get(f"sessions/{session}")["facts"]}
    assert (facts["tone"]["value"], facts["topic"]["label"]) == (0.25, "refund")
    send("tell", told | {"label": "success"})
    assert store.get(f"sessions/{session}")["session"]["outcome"] == "success"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"session": "nobody", "label": "failure"}, 404),
        ({"session": "strange", "label": "fine"}, 400),
        ({"session": "strange", "kind": "score", "name": "tone", "value": "nan"}, 400),
        ({"session": "strange", "kind": "score", "value": "1"}, 400),
        ({"session": "strange", "kind": "score", "name": "tone"}, 400),
        ({"session": "strange", "kind": "label", "name": "topic"}, 400),
        ({"session": "strange", "kind": "ticket", "label": "x"}, 400),
        ({"session": "strange", "label": "failure", "secret": "x"}, 400),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_instead(
    send: Send, fields: dict[str, str], status: int
) -> None:
    assert "What to do:" in send("tell", fields, status=status).text


def test_a_viewer_is_offered_nothing_and_may_do_nothing(
    store: Shop, send: Send, cookies: dict[str, str]
) -> None:
    incident = store.get("incidents?all=yes")["incidents"][0]["id"]
    pages = ("/alerts", "/incidents", f"/incidents/{incident}", "/silences", "/sessions/strange")
    for path in pages:
        assert 'action="/do/' not in see(store, path, cookies["viewer"]), path
        assert 'action="/do/' in see(store, path, cookies["responder"]), path
    for act, fields in (
        ("declare", {"title": "x"}),
        ("incident", {"incident": incident, "action": "note", "note": "x"}),
        ("tell", {"session": "strange", "label": "success"}),
    ):
        assert "lacks the scope respond" in send(act, fields, status=403, role="viewer").text


def test_a_form_of_another_site_does_nothing(store: Shop, send: Send) -> None:
    before = len(store.get("incidents?all=yes")["incidents"])
    for headers in ({"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}):
        send("declare", {"title": "x"}, status=403, **headers)
    send("declare", {"title": "x"}, status=403, sec_fetch_site="", origin="http://elsewhere.example")
    assert len(store.get("incidents?all=yes")["incidents"]) == before


def test_a_form_leads_only_to_pages_of_this_server(send: Send) -> None:
    for target in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        answer = send("tell", {"session": "strange", "label": "failure", "next": target})
        assert answer.headers["location"] == "/"


def test_every_write_is_in_the_audit_log_also_the_refused(store: Shop, send: Send) -> None:
    send("declare", {"title": "x"}, status=403, role="viewer")
    send("tell", {"session": "strange", "label": "failure"})
    newest = store.get("audit?limit=2")["entries"]
    assert [(one["who"], one["outcome"]) for one in newest] == [
        ("user:responder-vi", 200),
        ("user:viewer-vi", 403),
    ]
    assert newest[0]["action"] == "POST /api/v1/sessions/{session}/facts"


def test_a_key_acts_under_its_own_name_and_no_form_is_unknown(store: Shop, send: Send) -> None:
    owner = f"trimtab_key={store.server.server.owner}"
    send("declare", {"title": "By key"}, cookie=owner)
    assert (
        store.get(f"incidents/{store.get('incidents')['incidents'][0]['id']}")["timeline"][0]["who"]
        == "owner"
    )
    send("erase", {"session": "strange"}, status=404, cookie=owner)
