"""Pages that can be trusted: when an objective is at risk, and who is told.

rules/     which rule fires, and when it could
pipeline/  from firing alerts to messages: grouping, inhibition, silences, escalation, the outbox
"""

from trimtab.loop.alert.model import Alert, Severity, Status

__all__ = ["Alert", "Severity", "Status"]
