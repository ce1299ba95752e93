"""Pages that can be trusted: when an objective is at risk, and who is told.

rules/     which rule fires, and when it could
pipeline/  from firing alerts to messages: grouping, inhibition, silences, escalation, the outbox
"""

from trimtab.loop.alert.match import Matcher, matches, read_matcher
from trimtab.loop.alert.model import Alert, Severity, Status
from trimtab.loop.alert.notice import (
    Answer,
    Delivered,
    Evidence,
    Kind,
    Link,
    Message,
    Reading,
    Recent,
    Refused,
    Reply,
    Request,
    Retry,
    pack_message,
    unpack_message,
)
from trimtab.loop.alert.records import Acknowledgement, Attempt, Lease, Queued, Silence, Standing, Writes

__all__ = ["Alert", "Severity", "Status"]
__all__ += [
    "Acknowledgement",
    "Answer",
    "Attempt",
    "Delivered",
    "Evidence",
    "Kind",
    "Lease",
    "Link",
    "Matcher",
]
__all__ += ["Message", "Queued", "Reading", "Recent", "Refused", "Reply", "Request", "Retry", "Silence"]
__all__ += ["Standing", "Writes", "matches", "pack_message", "read_matcher", "unpack_message"]
