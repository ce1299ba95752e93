"""A routing document, alerts and a clock for tests of what people are told."""

from trimtab.loop.alert import Alert

T0 = 1_767_600_000_000_000_000  # 2026-01-05T08:00:00Z, a Monday
S = 1_000_000_000
MIN, HOUR = 60 * S, 3600 * S

DOCUMENT = """
apiVersion: trimtab/v1
kind: AlertRouting
route:
  receiver: chat
  group_by: [objective]
  routes:
    - matchers: [severity="page"]
      receiver: pager
      escalation: standard
    - matchers: [team=~"data|search"]
      receivers: [mail, chat]
      group_by: ['...']
      continue: true
      mute_time_intervals: [weekend]
    - matchers: [team="data"]
      receiver: issues
      group_wait: 10s
      group_interval: 1m
      repeat_interval: 2h30m
receivers:
  - {name: chat, type: slack, webhook: "env:SLACK"}
  - {name: pager, type: pagerduty, routing_key: "file:/run/secrets/pd"}
  - {name: mail, type: email, host: localhost, from: a@example.com, to: [b@example.com], send_resolved: false}
  - {name: issues, type: linear, team: t, api_key: "env:LINEAR"}
  - {name: ann, type: teams, webhook: "env:ANN"}
  - {name: bo, type: teams, webhook: "env:BO"}
inhibit_rules:
  - source_matchers: [severity="page"]
    target_matchers: [severity="ticket"]
    equal: [objective, tenant]
time_intervals:
  - name: weekend
    time_intervals:
      - {weekdays: ["saturday", "sunday"], location: Europe/Berlin}
people:
  - {name: Ann, receivers: [ann]}
  - {name: Bo, receivers: [bo]}
rotations:
  - name: primary
    location: Europe/Berlin
    starts: 2026-01-05T09:00
    shift: 1w
    people: [Ann, Bo]
escalations:
  - name: standard
    rounds: 2
    steps:
      - targets: [{rotation: primary}]
      - {after: 15m, targets: [{receiver: chat}, {rotation: primary}]}
"""


def alert(name: str = "Burn", ends_ns: int | None = None, starts_ns: int = T0, **labels: str) -> Alert:
    said = {"summary": f"{name} is high", "description": f"{name} burns", "runbook": "https://run.example/b"}
    held = {"alertname": name, "severity": "ticket", "objective": "tasks"} | labels
    return Alert(project="p", labels=held, annotations=said, starts_ns=starts_ns, ends_ns=ends_ns)
