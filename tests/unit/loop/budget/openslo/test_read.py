"""OpenSLO documents become objectives, whole or not at all."""

from datetime import datetime

import pytest
from tests.unit.loop.budget.making import NOON, NS, minutes
from tests.unit.loop.budget.openslo.texts import ALERTING, BY_REF, LATENCY, SLO, changed, problems, read

from trimtab.loop.budget import Measure, Objective, Span, Window, budget_at, ledger_of, period_at
from trimtab.loop.budget.openslo import Rejected, read_promises, write_slo
from trimtab.loop.sli import Definition


def test_an_slo_becomes_an_objective() -> None:
    assert read(SLO).objectives == (
        Objective(
            id="refund-tasks",
            slo="refund-tasks",
            target=0.95,
            window=Window(span=Span(count=30, unit="d")),
            measure=Measure(indicator="task_success", cohort={"agent": "airline"}),
            title="Refunds are done",
            service="airline",
        ),
    )


def test_an_indicator_may_stand_in_another_file() -> None:
    found = read(BY_REF, LATENCY).objectives[0]
    assert found.measure == Measure(indicator="session_latency", op="lte", threshold=30.0)
    assert found.window == Window(
        span=Span(count=1, unit="M"), starts=datetime.fromisoformat("2026-01-01"), zone="Europe/Berlin"
    )


def test_documents_may_be_many_in_a_file_or_a_list() -> None:
    one = f"{SLO}---\n---\n{BY_REF}---\n{LATENCY}"
    listed = "".join("- " + text.replace("\n", "\n  ").rstrip(" ") for text in (SLO, BY_REF, LATENCY))
    assert read(one) == read(listed)
    assert [found.id for found in read(one).objectives] == ["refund-tasks", "quick-tasks"]


def test_a_percentage_is_a_share_without_noise() -> None:
    assert read(changed("target: 0.95", "targetPercent: 99.95")).objectives[0].target == 0.9995


def test_good_or_bad_and_total_name_one_indicator() -> None:
    metric = "{metricSource: {type: Trimtab, spec: {indicator: task_success, agent: airline}}}"
    ratio = SLO[SLO.index("        rawType") : SLO.index("  timeWindow")]
    for part in ("good", "bad"):
        text = SLO.replace(
            ratio, f"        counter: true\n        {part}: {metric}\n        total: {metric}\n"
        )
        assert read(text) == read(SLO)
    other = SLO.replace(
        ratio, f"        good: {metric}\n        total: {metric.replace('task_s', 'visible_s')}\n"
    )
    assert problems(other) == [
        "f1.yaml:13: good and total measure different things -> the same indicator and cohort in both"
    ]


def test_a_data_source_says_the_type() -> None:
    source = "apiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: ours}\nspec: {type: Trimtab, connectionDetails: {}}\n"
    named = changed("type: Trimtab", "metricSourceRef: ours")
    assert read(named, source).objectives == read(SLO).objectives
    assert problems(named) == [
        "f1.yaml:15: there is no DataSource 'ours' -> add a document of kind DataSource with that name"
    ]
    both = changed("type: Trimtab", "metricSourceRef: ours\n            type: Prometheus")
    assert problems(both, source) == [
        "f1.yaml:16: type is Prometheus, and ours is Trimtab -> leave type out here"
    ]


def test_time_slices_have_a_size_and_a_share() -> None:
    text = changed("Occurrences", "Timeslices")
    text = changed(
        "target: 0.95", "target: 0.9995\n      timeSliceTarget: 0.9\n      timeSliceWindow: 1m", text
    )
    found = read(text).objectives[0]
    assert (found.method, found.slice_min, found.slice_target) == ("timeslices", 1, 0.9)
    ratio = changed("Occurrences", "RatioTimeslices")
    ratio = changed("target: 0.95", "target: 0.95\n      timeSliceWindow: 5", ratio)
    assert (read(ratio).objectives[0].method, read(ratio).objectives[0].slice_min) == ("ratio_timeslices", 5)


def test_cost_per_success_needs_slices() -> None:
    slow = changed("session_latency", "cost_per_success", LATENCY)
    assert "no single event has it" in problems(BY_REF, slow)[0]
    sliced = changed("Occurrences", "Timeslices", BY_REF)
    sliced = changed("value: 30", "value: 0.25, timeSliceTarget: 1, timeSliceWindow: 1h", sliced)
    found = read(sliced, slow).objectives[0]
    assert (found.measure.threshold, found.slice_min) == (0.25, 60)


def test_several_targets_are_several_objectives() -> None:
    text = changed("    - target: 0.95", "    - {displayName: Most of them, target: 0.95}\n    - target: 0.5")
    found = read(text).objectives
    assert [(one.id, one.slo, one.title, one.target) for one in found] == [
        ("refund-tasks/most-of-them", "refund-tasks", "Most of them", 0.95),
        ("refund-tasks/2", "refund-tasks", "Refunds are done", 0.5),
    ]


def test_a_composite_weighs_objectives_with_their_own_indicators() -> None:
    inline = SLO[SLO.index("  indicator:") : SLO.index("  timeWindow")]
    text = SLO.replace(inline, "").replace(
        "    - target: 0.95",
        "    - {target: 0.95, indicatorRef: done, compositeWeight: 3}\n"
        "    - {target: 0.9, op: lte, value: 30, indicatorRef: quick}",
    )
    done = (
        "apiVersion: openslo/v1\nkind: SLI\nmetadata: {name: done}\nspec:\n"
        + inline[inline.index("      ratioMetric") :]
    )
    found = read(text, LATENCY, done).objectives
    assert [(one.weight, one.measure.indicator) for one in found] == [
        (3, "task_success"),
        (1, "session_latency"),
    ]


def test_annotations_carry_what_openslo_has_no_field_for() -> None:
    extras = """\
  annotations:
    trimtab/maturity: 48h
    trimtab/outcome-source: human, app
    trimtab/min-events: "50"
    trimtab/runbook: https://runbooks.example/refunds
    trimtab/risk: high
    trimtab/detector: e-detector
    trimtab/by: tenant
    team: payments
"""
    found = read(changed("spec:\n  service", extras + "spec:\n  service")).objectives[0]
    assert (found.maturity_s, found.measure.outcome_source, found.min_events) == (172_800, "human,app", 50)
    assert (found.risk, found.detector, found.by) == ("high", "e-detector", "tenant")
    assert (found.runbook, found.annotations) == ("https://runbooks.example/refunds", {"team": "payments"})


def test_alert_policies_are_joined_from_their_parts() -> None:
    text = SLO + "  alertPolicies:\n    - alertPolicyRef: fast\n"
    policy = read(text, ALERTING).alerting["refund-tasks"][0]
    assert (policy.name, policy.when_breaching, policy.when_resolved, policy.when_no_data) == (
        "fast",
        True,
        False,
        True,
    )
    condition = policy.condition
    assert (condition.severity, condition.op, condition.threshold) == ("page", "gt", 14.4)
    assert (condition.lookback_min, condition.after_min) == (60, 5)
    assert [(one.name, one.target) for one in policy.targets] == [("on-call", "slack")]


def test_null_and_empty_lists_are_as_if_not_there() -> None:
    text = SLO + "  alertPolicies: []\n  description: null\n  indicatorRef:\n"
    assert read(text) == read(SLO)


def test_alert_policies_may_be_named_without_a_field() -> None:
    both = ALERTING + "---\n" + CONDITION
    text = both.replace(INLINE_CONDITION, "    - conditionRef: fast-burn\n")
    named = read(SLO + "  alertPolicies: [fast]\n", text)
    assert named.alerting == read(SLO + "  alertPolicies: [{alertPolicyRef: fast}]\n", ALERTING).alerting
    assert read(write_slo(named.objectives, ["fast"]), text).alerting == named.alerting


INLINE_CONDITION = ALERTING[
    ALERTING.index("    - kind: AlertCondition") : ALERTING.index("  notificationTargets")
]
CONDITION = """\
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast-burn}
spec:
  severity: page
  condition: {kind: burnrate, op: gt, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
"""


def test_services_are_told() -> None:
    found = read(
        "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: airline, displayName: Air}\n"
    ).services
    assert [(one.name, one.title) for one in found] == [("airline", "Air")]


def test_indicators_of_the_project_may_be_named() -> None:
    own = {"refunded": Definition(name="refunded", of="sessions", good="true", bad="false")}
    found = read_promises({"a": changed("task_success", "refunded")}, own).objectives[0]
    assert found.measure.indicator == "refunded"


def test_an_indicator_that_nobody_uses_may_be_of_another_system() -> None:
    assert read(changed("Trimtab", "Prometheus", LATENCY)).objectives == ()


def test_nothing_comes_of_files_of_which_one_is_wrong() -> None:
    with pytest.raises(Rejected) as refused:
        read(SLO, changed("indicatorRef: quick", "indicatorRef: quik", BY_REF), LATENCY, "a: [")
    assert str(refused.value).splitlines() == [
        "2 problems",
        "f2.yaml:6: there is no SLI 'quik'",
        "f4.yaml:2: no YAML: did not find expected node content",
    ]
    assert refused.value.hint.splitlines()[0] == "f2.yaml:6: did you mean quick?"


def test_a_week_of_minutes_as_openslo_publishes_it() -> None:
    source = "{metricSource: {type: Trimtab, spec: {indicator: task_success}}}"
    text = f"""\
apiVersion: openslo/v1
kind: SLO
metadata: {{name: service-availability, displayName: SLO for this important service}}
spec:
  service: web-availability
  indicator:
    metadata: {{name: web-availability, displayName: Time when our service was running.}}
    spec:
      ratioMetric: {{good: {source}, total: {source}}}
  timeWindow:
    - duration: 1w
      isRolling: false
      calendar: {{startTime: 2022-01-01 12:00:00, timeZone: America/New_York}}
  budgetingMethod: Timeslices
  objectives:
    - {{displayName: Objective, op: gt, target: 0.9995, timeSliceTarget: 0.95, timeSliceWindow: 1m}}
"""
    slo = read(text).objectives[0]
    period = period_at(slo.window, NOON)
    every = minutes((minute, 20, 1) for minute in range(period.start, period.end))
    found = budget_at(ledger_of(slo, every), period.end * NS)
    assert (found.counted.total, round(found.allowed * 60, 6)) == (10_080, 5 * 60 + 2.4)
    assert found.left == 1.0


def test_no_files_are_no_promises() -> None:
    assert read().objectives == read("", "---\n---\n").objectives == ()
