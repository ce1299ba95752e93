"""Each violation is named with file, line, what is wrong and what to write instead."""

import pytest
from tests.unit.loop.budget.openslo.texts import ALERTING, BY_REF, LATENCY, SLO, changed, problems

POLICY = """\
apiVersion: trimtab/v1
kind: ErrorBudgetPolicy
metadata: {name: careful}
spec:
  rules:
    - {risk: high, budgetConsumed: 0.5, actions: [require_approval]}
"""
WRONG_SLOS = [
    ("openslo/v1", "openslo/v2alpha", "f1.yaml:1: apiVersion 'openslo/v2alpha' of a SLO is not read -> apiVersion: openslo/v1"),
    ("kind: SLO", "kind: Slo", "f1.yaml:2: kind is 'Slo' -> did you mean SLO?"),
    ("name: refund-tasks", "name: RefundTasks", "f1.yaml:4: name 'RefundTasks' is no name -> refund-tasks (at most 63 small letters, digits and hyphens)"),
    ("spec:\n  service", "status: {}\nspec:\n  service", "f1.yaml:6: unknown field 'status' -> one of apiVersion, kind, metadata, spec"),
    ("  service: airline\n", "", "f1.yaml:6: service is missing -> service: payments"),
    ("budgetingMethod: Occurrences", "budgettingMethod: Occurrences", "f1.yaml:20: unknown field 'budgettingMethod' -> did you mean budgetingMethod?"),
    ("Occurrences", "occurrences", "f1.yaml:20: budgetingMethod is 'occurrences' -> did you mean Occurrences?"),
    ("duration: 30d", "duration: 30s", "f1.yaml:18: duration: '30s' is no duration -> a whole number and one of m h d w M Q Y, for example 30d or 1M"),
    ("isRolling: true", "isRolling: yes", "f1.yaml:19: isRolling is neither true nor false -> isRolling: true"),
    ("isRolling: true", "isRolling: false", "f1.yaml:19: a calendar window has a start and a time zone -> calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}"),
    ("      isRolling: true", "      calendar: {startTime: 2026-01-01 00:00:00}", "f1.yaml:19: timeZone is missing -> timeZone: Europe/Berlin"),
    ("      isRolling: true", "      calendar: {startTime: 2026-01-01 00:00:00, timeZone: Mars/Base}", "f1.yaml:19: there is no time zone 'Mars/Base' -> a name of IANA, for example Europe/Berlin"),
    ("      isRolling: true", "      calendar: {startTime: 2026-01-01T00:00:00Z, timeZone: UTC}", "f1.yaml:19: startTime '2026-01-01T00:00:00Z' is no date and time -> 2026-01-01 00:00:00, in whole minutes and without a zone"),
    ("      isRolling: true", "      isRolling: true\n      calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}", "f1.yaml:19: a window that is rolling and a calendar's -> isRolling: false, or no calendar"),
    ("      isRolling: true\n", "      isRolling: true\n    - duration: 7d\n", "f1.yaml:17: timeWindow has 2 items -> at most 1"),
    ("    - target: 0.95\n", "    []\n", "f1.yaml:21: objectives is no list of one or more -> objectives:\n  - ..."),
    ("- target: 0.95", "- displayName: x", "f1.yaml:22: an objective has a target -> target: 0.95, or targetPercent: 95"),
    ("target: 0.95", "target: 0.95\n      targetPercent: 95", "f1.yaml:23: target and targetPercent -> leave one of them out"),
    ("target: 0.95", "target: 95", "f1.yaml:22: a target of 95 is no share -> target: 0.95"),
    ("target: 0.95", "targetPercent: 100", "f1.yaml:22: a target of 100 leaves no budget -> targetPercent: 95"),
    ("target: 0.95", "target: 0", "f1.yaml:22: a target of 0 promises nothing -> target: 0.95"),
    ("target: 0.95", "target: .nan", "f1.yaml:22: target is no number -> target: 0.95"),
    ("target: 0.95", 'target: "0.95"', "f1.yaml:22: target is no number -> target: 0.95"),
    ("target: 0.95", "target: true", "f1.yaml:22: target is no number -> target: 0.95"),
    ("target: 0.95", "target: 0.95\n      timeSliceTarget: 0.9", "f1.yaml:23: timeSliceTarget with Occurrences -> budgetingMethod: Timeslices, or leave it out"),
    ("target: 0.95", "target: 0.95\n      timeSliceWindow: 5m", "f1.yaml:23: timeSliceWindow with Occurrences -> budgetingMethod: Timeslices, or leave it out"),
    ("target: 0.95", "target: 0.95\n      value: 3", "f1.yaml:23: task_success is a ratio and is not compared -> leave value out"),
    ("target: 0.95", "target: 0.95\n      compositeWeight: 2", "f1.yaml:23: compositeWeight without its own indicator, or not above 0 -> compositeWeight: 1"),
    ("- target: 0.95", "- {target: 0.95, indicatorRef: x}", "f1.yaml:22: an indicator of the SLO and one of an objective -> leave one of them out"),
    ("- target: 0.95", "- {target: 0.95, displayName: a}\n    - {target: 0.9, displayName: A}", "f1.yaml:23: a second objective 'a' -> another displayName"),
    ("  timeWindow", "  indicatorRef: x\n  timeWindow", "f1.yaml:17: indicator and indicatorRef -> leave one of them out"),
    ("type: Trimtab", "type: Prometheus", "f1.yaml:15: this is valid OpenSLO, but Trimtab cannot ask Prometheus -> metricSource: {type: Trimtab, spec: {indicator: task_success}}; `trimtab sli list` shows the indicators"),
    ("task_success", "task_sucess", "f1.yaml:16: there is no indicator 'task_sucess' -> did you mean task_success?"),
    ("task_success", "session_latency", "f1.yaml:11: session_latency is a number (s) -> thresholdMetric: ..., and op and value of the objective"),
    ("task_success", "availability", "f1.yaml:16: availability cannot be measured from traces -> Traces show only the requests that arrived; the others are counted by a gateway or heartbeats."),
    ("indicator: task_success, agent", "indicator: task_success, agents", "f1.yaml:16: unknown field 'agents' -> did you mean agent?"),
    ("agent: airline}", "agent: airline, cohort: {agent: bank}}", "f1.yaml:16: agent is airline, and bank in the cohort -> name it once"),
    ("agent: airline}", "cohort: {tenant: [a, b]}}", "f1.yaml:16: cohort: several values of tenant -> tenant: acme, or an SLO for each"),
    ("rawType: success", "rawType: failure", "f1.yaml:12: task_success says what is good -> rawType: success"),
    ("        rawType: success\n", "", "f1.yaml:11: a ratioMetric has good (or bad) and total, or rawType and raw -> rawType: success, raw: {metricSource: {type: Trimtab, spec: {indicator: task_success}}}"),
    ("      ratioMetric:", "      thresholdMetric: {metricSource: {type: x}}\n      ratioMetric:", "f1.yaml:10: an SLI has a thresholdMetric or a ratioMetric, and not both -> ratioMetric: {rawType: success, raw: {metricSource: {type: Trimtab, spec: {indicator: task_success}}}}"),
    ("    metadata: {name: task-success}\n", "", "f1.yaml:8: metadata is missing -> metadata: {...}"),
    ("            spec: {indicator: task_success, agent: airline}\n", "", "f1.yaml:14: spec is missing -> spec: {indicator: task_success}"),
    ("            type: Trimtab\n", "", "f1.yaml:14: type is missing -> metricSource: {type: Trimtab, spec: {indicator: task_success}}"),
    ("Occurrences", "Timeslices", "f1.yaml:22: timeSliceTarget is missing -> timeSliceTarget: 0.9"),
    ("Occurrences", "RatioTimeslices", "f1.yaml:22: timeSliceWindow is missing -> timeSliceWindow: 5m"),
    ("      isRolling: true", "      calendar: {startTime: soon, timeZone: UTC}", "f1.yaml:19: startTime 'soon' is no date and time -> 2026-01-01 00:00:00, in whole minutes and without a zone"),
    ("metadata: {name: task-success}", "kind: SLI\n    metadat: {name: task-success}", "f1.yaml:10: unknown field 'metadat' -> did you mean metadata?"),
    ("service: airline", "service: null", "f1.yaml:6: service is missing -> service: payments"),
    ("service: airline", "service: [a]", 'f1.yaml:7: service is no text -> service: "..."'),
    ("service: airline", "service: airline\n  description: " + "x" * 1051, "f1.yaml:8: description has 1051 characters -> at most 1050"),
    ("service: airline", "service: airline\n  alertPolicies: [3]", "f1.yaml:8: this is no AlertPolicy -> alertPolicyRef: its-name, or metadata and spec"),
    ("service: airline", "service: airline\n  alertPolicies: fast", "f1.yaml:8: alertPolicies is no list of one or more -> alertPolicies:\n  - ..."),
    ("metadata:\n  name: refund-tasks\n  displayName: Refunds are done\n", "", "f1.yaml:1: metadata is missing -> metadata: {...}"),
    ("metadata:\n  name: refund-tasks\n  displayName: Refunds are done\n", "metadata: x\n", "f1.yaml:3: this is no Metadata -> its fields: name, displayName, labels, annotations"),
    ("  displayName: Refunds are done", "  labels: [team]", "f1.yaml:5: labels is no mapping of at most 200 words -> labels: {team: payments}"),
    ("  displayName: Refunds are done", "  labels: {team: " + "x" * 4001 + "}", "f1.yaml:5: labels: team is too long -> at most 4000 characters"),
    ("  displayName: Refunds are done", "  labels: {team: {a: b}}", 'f1.yaml:5: labels: team is no text -> team: "..."'),
]  # fmt: skip
ANNOTATIONS = [
    ("trimtab/maturty: 48h", "unknown annotation 'trimtab/maturty' -> did you mean trimtab/maturity?"),
    ("trimtab/maturity: 1M", "trimtab/maturity: 1M depends on the date -> minutes, hours, days or weeks, for example 48h"),
    ("trimtab/maturity: soon", "trimtab/maturity: 'soon' is no duration -> a whole number and one of m h d w M Q Y, for example 30d or 1M"),
    ("trimtab/outcome-source: humans", "trimtab/outcome-source: 'humans' tells no outcomes -> did you mean human?"),
    ("trimtab/min-events: -1", "trimtab/min-events: '-1' is no number of events -> \"50\""),
    ("trimtab/risk: hi", "trimtab/risk: 'hi' is unknown -> did you mean high?"),
    ("trimtab/detector: burns", "trimtab/detector: 'burns' is unknown -> did you mean burn?"),
    ("trimtab/by: [a, b]", "annotation trimtab/by is a list -> one text"),
]  # fmt: skip
WRONG_ALERTING = [
    ("targetRef: on-call", "targetRef: of-call", "f1.yaml:14: there is no AlertNotificationTarget 'of-call' -> did you mean on-call?"),
    ("threshold: 14.4", "threshold: 0", "f1.yaml:12: a burn rate of 0 -> above 0, for example 14.4"),
    ("severity: page", "sevrity: page", "f1.yaml:11: unknown field 'sevrity' -> did you mean severity?"),
    ("alertAfter: 5m", "alertAfter: soon", "f1.yaml:12: alertAfter: 'soon' is no duration -> 0m, or for example 5m"),
    ("kind: burnrate", "kind: burn", "f1.yaml:12: kind is 'burn' -> did you mean burnrate?"),
    ("    - kind: AlertCondition", "    - kind: AlertPolicy", "f1.yaml:8: this is no AlertPolicy -> kind: AlertCondition"),
    ("    - targetRef: on-call", "    - {targetRef: on-call, spec: {}}", "f1.yaml:14: spec beside targetRef -> either the name or the object, not both"),
]  # fmt: skip
WRONG_POLICIES = [
    ("risk: high", "risk: [low, high]", "actions: [require_approval]", "actions: [freeze_risky_releases]", "f1.yaml:6: releases of low risk are never frozen -> risk: [medium, high]"),
    ("risk: high", "risk: huge", "", "", "f1.yaml:6: 'huge' is unknown -> one of low, medium, high"),
    ("[require_approval]", "[freeze]", "", "", "f1.yaml:6: 'freeze' is unknown -> one of notify, require_approval, freeze_risky_releases, lower_autonomy"),
    ("budgetConsumed: 0.5, ", "", "", "", "f1.yaml:6: a rule has one condition -> budgetConsumed, or burnRate with lookbackWindow"),
    ("budgetConsumed: 0.5", "burnRate: 6", "", "", "f1.yaml:6: a burn rate is of a length of time -> lookbackWindow: 1h"),
    ("budgetConsumed: 0.5", "budgetConsumed: 0", "", "", "f1.yaml:6: 0 is no threshold -> budgetConsumed: 0.75, or burnRate: 6"),
    ("  rules:", "  slos: [refund]\n  rules:", "", "", "f1.yaml:5: there is no SLO 'refund' -> nothing of the kind is declared; leave it out"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), WRONG_SLOS)
def test_what_is_wrong_with_an_slo_is_said(old: str, new: str, said: str) -> None:
    assert said in problems(changed(old, new))


@pytest.mark.parametrize(("line", "said"), ANNOTATIONS)
def test_what_is_wrong_with_an_annotation_is_said(line: str, said: str) -> None:
    text = changed("  displayName: Refunds are done", f"  annotations:\n    {line}")
    assert problems(text) == [f"f1.yaml:6: {said}"]


@pytest.mark.parametrize(("old", "new", "said"), WRONG_ALERTING)
def test_what_is_wrong_with_alerting_is_said(old: str, new: str, said: str) -> None:
    assert said in problems(changed(old, new, ALERTING))


@pytest.mark.parametrize(("old", "new", "then", "to", "said"), WRONG_POLICIES)
def test_what_is_wrong_with_a_policy_is_said(old: str, new: str, then: str, to: str, said: str) -> None:
    text = changed(old, new, POLICY)
    assert said in problems(changed(then, to, text) if then else text)


def test_two_slos_of_a_name_are_refused() -> None:
    assert problems(SLO, SLO) == [
        "f2.yaml:1: a second SLO 'refund-tasks'; the first is in f1.yaml:1 -> leave one out, or call it refund-tasks-2"
    ]


def test_a_number_needs_a_comparison_and_one_threshold() -> None:
    assert problems(changed("op: lte, value: 30, ", "", BY_REF), LATENCY) == [
        "f1.yaml:9: session_latency is compared with a value -> op: lte, value: ..."
    ]
    two = changed(
        "[{op: lte, value: 30, target: 0.9}]",
        "[{op: lte, value: 3, target: 0.5}, {op: lte, value: 9, target: 0.9}]",
        BY_REF,
    )
    assert problems(two, LATENCY) == [
        "f1.yaml:9: a second threshold of one metric -> one SLO for each threshold"
    ]


def test_the_source_of_outcomes_is_for_what_has_an_outcome() -> None:
    text = changed("{name: quick-tasks}", "{name: q, annotations: {trimtab/outcome-source: human}}", BY_REF)
    assert problems(text, LATENCY) == [
        "f1.yaml:9: session_latency has no outcome -> no annotation trimtab/outcome-source"
    ]


def test_all_problems_of_all_files_are_said_at_once() -> None:
    text = (
        changed("target: 0.95", "target: 95")
        .replace("30d", "30")
        .replace("service: airline", "services: airline")
    )
    found = problems(text, changed("severity: page", "severity: 1", ALERTING))
    assert [one.split(": ")[0] for one in found] == ["f1.yaml:6", "f1.yaml:7", "f1.yaml:18", "f2.yaml:11"]


INLINE = SLO[SLO.index("  indicator:") : SLO.index("  timeWindow")]


@pytest.mark.parametrize(
    ("targets", "line"),
    [("[{target: 0.9}]", 12), ("\n    - {target: 0.9, indicatorRef: quick}\n    - {target: 0.9}", 14)],
)
def test_an_slo_has_an_indicator_or_each_of_its_objectives(targets: str, line: int) -> None:
    text = SLO.replace(INLINE, "").replace("\n    - target: 0.95", " " + targets)
    assert problems(text, LATENCY)[0].startswith(f"f1.yaml:{line}: an indicator is missing")


def test_a_ratio_is_no_threshold_metric() -> None:
    said = problems(BY_REF, changed("session_latency", "task_success", LATENCY))
    assert said[0].startswith("f2.yaml:5: task_success is a ratio and knows what is good")


@pytest.mark.parametrize(
    ("slices", "said"),
    [
        (
            "timeSliceTarget: 1.5, timeSliceWindow: 5m",
            "f1.yaml:9: timeSliceTarget 1.5 is no share -> above 0 and at most 1",
        ),
        (
            "timeSliceTarget: 1, timeSliceWindow: 1M",
            "f1.yaml:9: a slice of 1M -> at most a week, for example 5m",
        ),
        ("timeSliceTarget: 1, timeSliceWindow: 0", "f1.yaml:9: timeSliceWindow: '0' is no duration"),
        ("timeSliceTarget: 1, timeSliceWindow: 99999", "f1.yaml:9: timeSliceWindow: '99999' is no duration"),
    ],
)
def test_what_is_wrong_with_slices_is_said(slices: str, said: str) -> None:
    text = changed("Occurrences", "Timeslices", BY_REF).replace("target: 0.9", f"target: 0.9, {slices}")
    assert problems(text, LATENCY)[0].startswith(said)


def test_a_list_says_a_thing_once() -> None:
    said = problems(changed("risk: high", "risk: [high, high]", POLICY))
    assert said == ["f1.yaml:6: risk is empty, or says a thing twice -> risk: [first, second]"]


def test_what_is_named_by_what_is_broken_is_not_said_to_be_missing() -> None:
    policy = changed("threshold: 14.4", "threshold: high", ALERTING)
    said = problems(SLO + "  alertPolicies: [fast]\n", policy)
    assert said == ["f2.yaml:12: threshold is no number -> threshold: 0.95"]
    inline = changed("    - targetRef: on-call", "    - {targetRef: On Call}", ALERTING)
    assert "f1.yaml:14: targetRef 'On Call' is no name" in problems(inline)[0]


def test_too_many_files_are_refused() -> None:
    assert problems(*[""] * 501) == ["f1.yaml:1: one of 501 files -> at most 500 at once"]


def test_what_is_wrong_with_the_target_is_said_beside_a_wrong_window_and_indicator() -> None:
    text = (
        changed("target: 0.95", "target: 95")
        .replace("task_success", "done")
        .replace("isRolling: true", "isRolling: false")
    )
    assert [one.split(" ->")[0] for one in problems(text)] == [
        "f1.yaml:16: there is no indicator 'done'",
        "f1.yaml:19: a calendar window has a start and a time zone",
        "f1.yaml:22: a target of 95 is no share",
    ]


def test_a_document_is_a_mapping_with_a_kind() -> None:
    assert "f1.yaml:1: this is no document" in problems("- 1\n")[0]
    assert "f1.yaml:1: this is no document" in problems("hello")[0]
    assert "f1.yaml:1: kind is ''" in problems("a: b")[0]
