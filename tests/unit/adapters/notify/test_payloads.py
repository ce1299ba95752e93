"""What goes over the wire, compared with what each service documents."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.notifiers import MAKERS, SECRET, full_message, huge_message, secrets_of
from tests.support.receivers import Inbox, Taken, http_inbox, mailbox

from trimtab.adapters.cloudevents import CloudEvents
from trimtab.adapters.httpx_web import HttpxWeb
from trimtab.adapters.opsgenie import Opsgenie
from trimtab.adapters.smtp import Smtp
from trimtab.loop.alert import Delivered, Message, Secrets
from trimtab.vocabulary.kernel import VirtualClock

GOLDEN = Path(__file__).with_name("golden")
AUTHORISED = {
    "alertmanager": f"Bearer {SECRET}",
    "cloudevents": f"Bearer {SECRET}",
    "jira": "Basic " + base64.b64encode(f"bot:{SECRET}".encode()).decode(),
    "linear": SECRET,
    "opsgenie": f"GenieKey {SECRET}",
    "pagerduty": None,
    "servicenow": "Basic " + base64.b64encode(f"bot:{SECRET}".encode()).decode(),
    "slack": None,
    "teams": None,
    "webhook": f"Bearer {SECRET}",
}


@pytest.fixture
def web() -> Generator[HttpxWeb]:
    found = HttpxWeb(2.0)
    yield found
    found.close()


@pytest.fixture
def inbox() -> Generator[Inbox]:
    with http_inbox() as found:
        yield found


def sent(kind: str, inbox: Inbox, web: HttpxWeb, *messages: Message) -> list[Taken]:
    notifier = MAKERS[kind](inbox.url, secrets_of(inbox.url), web)
    before = len(inbox.taken)
    for message in messages:
        notifier.send(message)
    return inbox.taken[before:]


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_requests_are_as_documented(kind: str, inbox: Inbox, web: HttpxWeb) -> None:
    golden: list[dict[str, Any]] = json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8"))
    for row in golden:
        by = "ann" if row["kind"] == "acknowledge" else ""
        found = sent(kind, inbox, web, replace(full_message(), kind=row["kind"], by=by))
        assert [[one.method, one.path, one.json if one.body else None] for one in found] == row["requests"]
        for one in found:
            assert one.headers.get("authorization") == AUTHORISED[kind]


def test_pagerduty_stays_within_its_limits(inbox: Inbox, web: HttpxWeb) -> None:
    huge = replace(huge_message(), key="k" * 300)
    (one,) = sent("pagerduty", inbox, web, huge)
    body = one.json
    assert len(one.body) <= 512_000
    assert len(body["payload"]["summary"]) == 1024
    assert len(body["dedup_key"]) <= 255
    (again,) = sent("pagerduty", inbox, web, replace(huge, kind="resolve"))
    assert again.json["dedup_key"] == body["dedup_key"]
    details = body["payload"]["custom_details"]
    assert details.get("alerts left out") == 250 or "left out" in details


def test_slack_stays_within_its_limits(inbox: Inbox, web: HttpxWeb) -> None:
    (one,) = sent("slack", inbox, web, huge_message())
    blocks = one.json["blocks"]
    assert len(blocks) <= 50
    assert len(blocks[0]["text"]["text"]) <= 150
    assert 2000 < len(blocks[1]["text"]["text"]) <= 3000
    assert len(blocks[2]["fields"]) <= 10
    assert max(len(field["text"]) for field in blocks[2]["fields"]) <= 2000
    for block in blocks:
        for element in block.get("elements", []):
            assert len(element.get("url", "")) <= 3000
    assert "<" not in blocks[1]["text"]["text"]


def test_teams_stays_within_its_limits(inbox: Inbox, web: HttpxWeb) -> None:
    (one,) = sent("teams", inbox, web, huge_message())
    assert len(one.body) <= 28_000


def test_opsgenie_stays_within_its_limits(inbox: Inbox, web: HttpxWeb) -> None:
    (one,) = sent("opsgenie", inbox, web, replace(huge_message(), key="k" * 255))
    assert len(one.json["message"]) == 130
    assert len(one.json["description"]) == 15_000
    assert len(one.json["alias"]) <= 250
    assert all(isinstance(value, str) for value in one.json["details"].values())


def test_issues_stay_within_their_limits(inbox: Inbox, web: HttpxWeb) -> None:
    huge = replace(huge_message(), key='k" OR project = X ^' * 9)
    jira = sent("jira", inbox, web, huge)
    assert len(jira[1].json["fields"]["summary"]) == 255
    assert " " not in jira[1].json["fields"]["labels"][1]
    assert "OR project = X" not in jira[0].json["jql"]
    assert len(sent("linear", inbox, web, huge)[1].json["variables"]["input"]["title"]) == 250
    inbox.kept.clear()
    now = sent("servicenow", inbox, web, huge)[1].json
    assert (len(now["short_description"]), len(now["description"])) == (160, 4000)
    assert len(now["correlation_id"]) <= 100


def test_opsgenie_names_the_team_that_responds(inbox: Inbox, web: HttpxWeb) -> None:
    settings = {"url": inbox.url, "api_key": "env:KEY", "team": "sre"}
    assert Opsgenie(settings, secrets_of(inbox.url), web).send(full_message()) == Delivered()
    assert inbox.taken[-1].json["responders"] == [{"type": "team", "name": "sre"}]


def test_a_resolved_alert_has_its_end(inbox: Inbox, web: HttpxWeb) -> None:
    message = full_message()
    over = replace(
        message, kind="resolve", alerts=tuple(replace(one, ends_ns=message.at_ns) for one in message.alerts)
    )
    (pushed,) = sent("alertmanager", inbox, web, over)
    assert {one["endsAt"] for one in pushed.json} == {"2026-01-05T08:01:00.000Z"}
    (hook,) = sent("webhook", inbox, web, over)
    assert hook.json["status"] == "resolved"
    assert {one["endsAt"] for one in hook.json["alerts"]} == {"2026-01-05T08:01:00.000Z"}


def test_labels_that_alertmanager_does_not_know_are_renamed(inbox: Inbox, web: HttpxWeb) -> None:
    message = full_message()
    odd = replace(message.alerts[0], labels={"a.b": "1", "9x": "2", "empty": "", "alertname": "A"})
    (pushed,) = sent("alertmanager", inbox, web, replace(message, alerts=(odd,)))
    assert pushed.json[0]["labels"] == {"a_b": "1", "_9x": "2", "alertname": "A", "trimtab_project": "p"}


@pytest.mark.parametrize("secret", ["plain", "whsec_" + base64.b64encode(b"0123456789abcdef").decode()])
def test_an_event_is_signed(secret: str, inbox: Inbox, web: HttpxWeb) -> None:
    settings = {"url": f"{inbox.url}/e", "secret": "env:S"}
    clock = VirtualClock(1_700_000_000_500_000_000)
    assert CloudEvents(settings, Secrets({"S": secret}), web, clock).send(full_message()) == Delivered()
    taken = inbox.taken[-1]
    signed = f"{taken.headers['webhook-id']}.1700000000.".encode() + taken.body
    key = b"0123456789abcdef" if secret.startswith("whsec_") else secret.encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert taken.headers["webhook-signature"] == f"v1,{expected}"
    assert taken.headers["webhook-timestamp"] == "1700000000"


def test_a_mail_says_it_all_and_mails_of_a_key_are_one_thread() -> None:
    with mailbox() as box:
        settings = {
            "host": "127.0.0.1", "port": str(box.port), "from": "t@example.com",
            "to": "a@example.com,b@example.com", "starttls": "false",
        }  # fmt: skip
        notifier = Smtp(settings, Secrets({}), 2.0)
        assert notifier.send(replace(full_message(), title="tasks\nBcc: x@example.com")) == Delivered()
        assert notifier.send(replace(full_message(), id="other", kind="resolve")) == Delivered()
    first, second = (email.message_from_string(one, policy=email.policy.default) for one in box.mails)
    assert first["Subject"] == "[page] tasks Bcc: x@example.com"
    assert first["Bcc"] is None
    assert (first["From"], first["To"]) == ("t@example.com", "a@example.com, b@example.com")
    assert first["Message-ID"] == "<0123456789abcdef0123456789abcdef@trimtab>"
    assert first["References"] == second["References"] == "<trimtab-00ff-1767600030000@trimtab>"
    assert second["Subject"] == "Over: tasks fail"
    text = first.get_content()
    for line in (
        "12 % of tasks fail & <none> recover",
        "measured: task_success 0.88, 95 % interval 0.845 to 0.908, n = 412, promised 0.99",
        "cohort: model=m-2",
        "changed: 2026-01-05T07:50:00.000Z prompt v7",
        "rows behind it: https://t.example/rows?q=1",
        "runbook: https://run.example/b",
    ):
        assert line in text
    assert "javascript" not in text
