"""OpenSLO texts for the tests, and what the reader says about them."""

from trimtab.loop.budget.openslo import Promises, Rejected, read_promises

SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: refund-tasks
  displayName: Refunds are done
spec:
  service: airline
  indicator:
    metadata: {name: task-success}
    spec:
      ratioMetric:
        rawType: success
        raw:
          metricSource:
            type: Trimtab
            spec: {indicator: task_success, agent: airline}
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.95
"""
LATENCY = """\
apiVersion: openslo/v1
kind: SLI
metadata: {name: quick}
spec:
  thresholdMetric:
    metricSource: {type: Trimtab, spec: {indicator: session_latency}}
"""
BY_REF = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: quick-tasks}
spec:
  service: airline
  indicatorRef: quick
  timeWindow: [{duration: 1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}}]
  budgetingMethod: Occurrences
  objectives: [{op: lte, value: 30, target: 0.9}]
"""
ALERTING = """\
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec:
  alertWhenBreaching: true
  alertWhenNoData: true
  conditions:
    - kind: AlertCondition
      metadata: {name: fast-burn}
      spec:
        severity: page
        condition: {kind: burnrate, op: gt, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
  notificationTargets:
    - targetRef: on-call
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: on-call}
spec: {target: slack, description: the people on call}
"""


def read(*texts: str) -> Promises:
    return read_promises({f"f{number}.yaml": text for number, text in enumerate(texts, 1)})


def problems(*texts: str) -> list[str]:
    """What the reader says, as `file:line: what -> instead`."""
    try:
        read(*texts)
    except Rejected as error:
        return [f"{one} -> {one.instead}" for one in error.problems]
    return []


def changed(old: str, new: str, text: str = SLO) -> str:
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)
