"""Objectives as others read them: Prometheus rules with Sloth's names, and a Grafana dashboard over them.

prometheus.py  recording rules and alerts over the counters that Trimtab exposes
grafana.py     budget left, burn, share of good events, events
"""

from trimtab.loop.alert.export.grafana import dashboard
from trimtab.loop.alert.export.prometheus import rule_groups, rules_yaml

__all__ = ["dashboard", "rule_groups", "rules_yaml"]
