"""Promises made with other tools are carried over; what cannot be is asked, and nothing is lost in silence."""

from typing import Any

import pytest

from trimtab.loop.budget import Imported, Rejected, answers_of, import_agt, import_sloth, read_promises
from trimtab.vocabulary.kernel import Invalid

SLOTH = """\
version: prometheus/v1
service: myservice
labels: {owner: myteam, tier: "2"}
slo_plugins: {chain: []}
slos:
  - name: requests-availability
    objective: 99.9
    description: Requests that were answered.
    labels: {tier: "1"}
    sli:
      events:
        error_query: sum(rate(requests{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(requests[{{.window}}]))
    alerting:
      name: HighErrorRate
      labels: {category: availability}
      annotations: {runbook: "https://runbooks.example/errors"}
      page_alert: {labels: {severity: pageteam}}
      ticket_alert: {disable: true}
"""
KUBERNETES = """\
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata: {name: x, namespace: y}
spec:
  service: myservice
  labels: {myTeam: a}
  slos:
    - name: raw
      objective: 95
      sli: {raw: {errorRatioQuery: "ratio[{{.window}}]"}}
      alerting: {name: A, pageAlert: {disable: true}, ticketAlert: {labels: {severity: warning}}}
"""
AGT = """\
name: support
service: support-agent
description: Support
sli: {metric: task_success_rate, threshold: 0.95, comparison: gte}
target: 95.5
window: 7d
labels: {team: care}
error_budget_policy:
  burn_rate_thresholds:
    - {name: fast, rate: 14.4, severity: page, window_seconds: 3600}
---
name: support-vip
inherits_from: support
window: 30d
labels: {tier: vip}
"""
TEMPLATE = """\
name: coding-agent
description: >
  A template
indicators:
  - {name: task_success_rate, target: 0.9, window: 24h}
  - {name: hallucination_rate, target: 0.05}
  - {name: response_latency_p95, target: 5000}
  - {name: policy_compliance, target: 0.99}
"""


def slos(found: Imported) -> list[Any]:
    return [one for one in found.documents if one["kind"] == "SLO"]


def test_slo_of_sloth_is_carried_over_with_the_indicator_that_is_named() -> None:
    found = import_sloth({"s.yml": SLOTH}, answers_of(["task_success"]))
    assert found.questions == ()
    promises = read_promises({"out.yaml": found.text})
    slo = promises.objectives[0]
    assert (slo.id, slo.target, slo.title) == (
        "myservice-requests-availability",
        0.999,
        "requests-availability",
    )
    assert (slo.measure.indicator, slo.window.span.count) == ("task_success", 30)
    assert slo.labels == {"owner": "myteam", "tier": "1"}
    assert slo.annotations["sloth/error-query"] == 'sum(rate(requests{code=~"5.."}[{{.window}}]))'
    assert slo.runbook == "https://runbooks.example/errors"
    alerts = promises.alerting[slo.slo]
    assert [
        (one.condition.severity, one.condition.threshold, one.condition.lookback_min) for one in alerts
    ] == [
        ("page", 14.4, 60),
        ("page", 6.0, 360),
    ]


def test_alerts_of_28_days_have_the_factors_of_sloth() -> None:
    text = SLOTH.replace("ticket_alert: {disable: true}", "ticket_alert: {}")
    found = import_sloth({"s.yml": text}, answers_of(["task_success"]), period="28d")
    alerts = read_promises({"out.yaml": found.text}).alerting["myservice-requests-availability"]
    assert [round(one.condition.threshold, 4) for one in alerts] == [13.44, 5.6, 2.8, 0.9333]


def test_without_an_indicator_sloths_query_stays_and_the_user_is_asked() -> None:
    found = import_sloth({"s.yml": SLOTH}, answers_of([]))
    assert [one.slo for one in found.questions] == ["myservice-requests-availability"]
    assert 'sum(rate(requests{code=~"5.."}' in found.questions[0].asks
    assert "task_success" in found.questions[0].candidates
    with pytest.raises(Rejected, match="Trimtab cannot ask Prometheus"):
        read_promises({"out.yaml": found.text})


def test_the_kubernetes_kind_of_sloth_is_the_same() -> None:
    found = import_sloth({"s.yml": KUBERNETES}, answers_of(["raw=tool_call_success"]))
    slo = read_promises({"out.yaml": found.text}).objectives[0]
    assert (slo.id, slo.measure.indicator, slo.labels) == (
        "myservice-raw",
        "tool_call_success",
        {"myTeam": "a"},
    )
    assert [one["metadata"]["name"][-5:] for one in found.documents if one["kind"] == "AlertPolicy"] == [
        "quick",
        "-slow",
    ]


def test_what_has_no_counterpart_is_said() -> None:
    found = import_sloth({"s.yml": SLOTH.replace("    sli:", "    plugins: {}\n    sli:")}, answers_of([]))
    assert found.notes == ("requests-availability: plugins of Sloth has no counterpart",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("prometheus/v1", "prometheus/v9", "s.yml:1: no spec of Sloth: version 'prometheus/v9'"),
        ("objective: 99.9", "objective: 100", "s.yml:7: an objective of 100 %"),
        ("objective: 99.9", "objective: many", "s.yml:7: objective is no number"),
        ("    sli:", "    slli:", "s.yml:6: requests-availability has no sli"),
        ("service: myservice\n", "", "s.yml:1: service or slos are missing"),
        ("name: requests-availability", "title: x", "s.yml:6: name is missing"),
    ],
)
def test_what_is_wrong_with_a_spec_of_sloth_is_said(old: str, new: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        import_sloth({"s.yml": SLOTH.replace(old, new, 1)}, answers_of(["task_success"]))
    assert said in refused.value.message


def test_an_indicator_that_is_no_ratio_is_refused() -> None:
    with pytest.raises(Rejected, match="session_latency is no indicator that is a ratio"):
        import_sloth({"s.yml": SLOTH}, answers_of(["session_latency"]))


def test_specs_of_agent_sre_are_carried_over() -> None:
    found = import_agt({"a.yaml": AGT}, answers_of([]))
    assert found.questions == ()
    assert found.notes[0] == "support: the threshold 0.95 on a ratio is left out; the target counts tasks"
    promises = read_promises({"out.yaml": found.text})
    first, second = promises.objectives
    assert (first.id, first.target, first.window.span.count) == ("support", 0.955, 7)
    assert first.measure.indicator == "task_success"
    assert (first.service, first.labels) == ("support-agent", {"team": "care"})
    condition = promises.alerting["support"][0].condition
    assert (condition.severity, condition.threshold, condition.lookback_min) == ("page", 14.4, 60)
    assert (second.target, second.window.span.count, second.labels) == (
        0.955,
        30,
        {"team": "care", "tier": "vip"},
    )


def test_templates_of_agent_sre_become_an_slo_for_each_indicator() -> None:
    found = import_agt({"a.yaml": TEMPLATE}, answers_of([]))
    assert [one.slo for one in found.questions] == ["coding-agent-policy-compliance"]
    answered = import_agt({"a.yaml": TEMPLATE}, answers_of(["coding-agent-policy_compliance=safety"]))
    read = {one.id: one for one in read_promises({"out.yaml": answered.text}).objectives}
    assert [(one.measure.indicator, one.target) for one in read.values()] == [
        ("task_success", 0.9),
        ("groundedness", 0.95),
        ("session_latency", 0.95),
        ("safety", 0.99),
    ]
    latency = read["coding-agent-response-latency-p95"].measure
    assert (latency.op, latency.threshold) == ("lte", 5.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: support\n", "", "a.yaml:1: no spec of agent-sre: name is missing"),
        ("target: 95.5", "target: 100", "a target of 100 %"),
        ("target: 95.5", "target: high", "'high' is no number"),
        ("window: 7d", "window: soon", "'soon' is no duration"),
        ("inherits_from: support", "inherits_from: suport", "inherits from 'suport'"),
        ("inherits_from: support", "inherits_from: support-vip", "inherits from 'support-vip'"),
        ("rate: 14.4", "rate: 0", "a burn rate threshold without rate or window"),
    ],
)
def test_what_is_wrong_with_a_spec_of_agent_sre_is_said(old: str, new: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        import_agt({"a.yaml": AGT.replace(old, new, 1)}, answers_of([]))
    assert said in refused.value.message


def test_a_number_of_agent_sre_needs_a_threshold() -> None:
    text = AGT.replace("threshold: 0.95, ", "")
    with pytest.raises(Rejected, match="support: a number without a threshold"):
        import_agt({"a.yaml": text}, answers_of(["session_latency"]))


def test_an_slo_without_alerts_has_none() -> None:
    text = SLOTH[: SLOTH.index("    alerting:")]
    found = import_sloth({"s.yml": text}, answers_of(["task_success"]))
    assert [one["kind"] for one in found.documents] == ["SLO"]
    short = AGT.replace("window_seconds: 3600", "window_seconds: 300")
    alerts = read_promises({"out.yaml": import_agt({"a.yaml": short}, answers_of([])).text}).alerting
    assert alerts["support"][0].condition.lookback_min == 5


def test_unreadable_files_are_told_together() -> None:
    with pytest.raises(Rejected) as refused:
        import_sloth({"a.yml": "a: [", "b.yml": "c: {"}, answers_of([]))
    assert [one.file for one in refused.value.problems] == ["a.yml", "b.yml"]


@pytest.mark.parametrize("given", [[""], ["a="], ["=a"], ["a", "b"]])
def test_an_answer_is_an_indicator_or_that_of_an_slo(given: list[str]) -> None:
    with pytest.raises(Invalid, match="--indicator"):
        answers_of(given)
