"""One notifier of each kind, pointed at a receiver on this machine, and the messages they are given."""

from collections.abc import Callable
from dataclasses import replace

from tests.support.routing import MIN, T0, alert

from trimtab.adapters.alertmanager import AlertmanagerPush, AlertmanagerWebhook
from trimtab.adapters.cloudevents import CloudEvents
from trimtab.adapters.httpx_web import HttpxWeb
from trimtab.adapters.jira import Jira
from trimtab.adapters.linear import Linear
from trimtab.adapters.opsgenie import Opsgenie
from trimtab.adapters.pagerduty import PagerDuty
from trimtab.adapters.servicenow import ServiceNow
from trimtab.adapters.slack import Slack
from trimtab.adapters.teams import Teams
from trimtab.loop.alert import Evidence, Link, Message, Notifier, Reading, Recent, Secrets
from trimtab.vocabulary.kernel import VirtualClock

SECRET = "s3cr3t-value-that-nobody-may-see"

MAKERS: dict[str, Callable[[str, Secrets, HttpxWeb], Notifier]] = {
    "alertmanager": lambda url, s, w: AlertmanagerPush({"url": url, "token": "env:KEY"}, s, w),
    "cloudevents": lambda url, s, w: CloudEvents(
        {"url": f"{url}/events", "secret": "env:KEY", "token": "env:KEY"}, s, w, VirtualClock(T0)
    ),
    "jira": lambda url, s, w: Jira({"url": url, "project": "OPS", "user": "bot", "token": "env:KEY"}, s, w),
    "linear": lambda url, s, w: Linear({"url": url, "team": "t1", "api_key": "env:KEY"}, s, w),
    "opsgenie": lambda url, s, w: Opsgenie({"url": url, "api_key": "env:KEY"}, s, w),
    "pagerduty": lambda url, s, w: PagerDuty({"url": url, "routing_key": "env:KEY"}, s, w),
    "servicenow": lambda url, s, w: ServiceNow({"url": url, "user": "bot", "password": "env:KEY"}, s, w),
    "slack": lambda _url, s, w: Slack({"webhook": "env:HOOK"}, s, w),
    "teams": lambda _url, s, w: Teams({"webhook": "env:HOOK"}, s, w),
    "webhook": lambda url, s, w: AlertmanagerWebhook({"url": f"{url}/hook", "token": "env:KEY"}, s, w),
}


def secrets_of(url: str) -> Secrets:
    return Secrets({"KEY": SECRET, "HOOK": f"{url}/services/{SECRET}"})


def full_message() -> Message:
    """A page with all that a message can say."""
    page = replace(
        alert("Fast", severity="page"),
        annotations={"summary": "tasks fail", "runbook": "https://run.example/b"},
    )
    return Message(
        id="0123456789abcdef0123456789abcdef",
        kind="trigger",
        project="p",
        receiver="pager",
        key="trimtab-00ff-1767600030000",
        title="tasks fail",
        summary="12 % of tasks fail & <none> recover",
        severity="page",
        at_ns=T0 + MIN,
        group='{}/{severity="page"}:{objective="tasks"}',
        group_labels={"objective": "tasks"},
        alerts=(page, alert("Slow", starts_ns=T0 - MIN)),
        evidence=Evidence(
            reading=Reading(name="task_success", value=0.88, n=412, low=0.845, high=0.908, target=0.99),
            rows_url="https://t.example/rows?q=1",
            cohort={"model": "m-2"},
            changes=(Recent(at_ns=T0 - 10 * MIN, what="prompt v7"),),
            runbook="https://run.example/b",
            links=(
                Link(text="trace", url="https://t.example/x"),
                Link(text="bad", url="javascript:alert(1)"),
            ),
        ),
    )


def huge_message() -> Message:
    """A message beyond every limit."""
    many = tuple(alert(f"A{at}", **{f"label{n}": "v" * 300 for n in range(10)}) for at in range(300))
    said = tuple(Recent(at_ns=T0, what=f"change & <{at}> " * 200) for at in range(30))
    return replace(
        full_message(),
        title="é\n<&>" * 3000,
        summary="s & <x>\n" * 20_000,
        alerts=many,
        evidence=replace(
            full_message().evidence,
            changes=said,
            links=tuple(Link(text="l" * 500, url=f"https://x.example/{'y' * 5000}") for _ in range(20)),
        ),
    )
