"""Pages that can be trusted: when an objective is at risk, and who is told.

rules/     which rule fires, and when it could
match.py   conditions on labels
notice.py  the message that people get, and what can come of sending it; reply.py what an answer means
records.py what is kept beside alerts; ports.py what keeps it and who carries messages; fakes.py for tests
pipeline/  from firing alerts to messages: grouping, inhibition, silences, escalation, the outbox
"""

from trimtab.loop.alert.fakes import MemoryAlertStore, MemoryNotifier, MemoryWeb
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
from trimtab.loop.alert.pipeline import (
    KINDS,
    Courier,
    Delivery,
    Group,
    Patience,
    Receiver,
    Rotation,
    Routing,
    Secrets,
    Turn,
    announce,
    check_silence,
    cut,
    dedup_key,
    details_of,
    expire,
    headline,
    iso,
    links_of,
    next_handover,
    on_call,
    phase,
    plain_text,
    play_turn,
    read_routing,
    short_key,
)
from trimtab.loop.alert.ports import AlertStore, Notifier, NotifierOf, SecretSource, Web
from trimtab.loop.alert.records import Acknowledgement, Attempt, Lease, Queued, Silence, Standing, Writes
from trimtab.loop.alert.reply import reply_of, retry_after_s

__all__ = ["Alert", "Severity", "Status"]
__all__ += ["KINDS", "Acknowledgement", "AlertStore", "Answer", "Attempt", "Courier", "Delivered"]
__all__ += ["Delivery", "Evidence", "Group", "Kind", "Lease", "Link", "Matcher", "MemoryAlertStore"]
__all__ += ["MemoryNotifier", "MemoryWeb", "Message", "Notifier", "NotifierOf", "Patience"]
__all__ += [
    "Queued",
    "Reading",
    "Receiver",
    "Recent",
    "Refused",
    "Reply",
    "Request",
    "Retry",
    "Rotation",
    "Routing",
]
__all__ += ["SecretSource", "Secrets", "Silence", "Standing", "Turn", "Web", "Writes", "check_silence"]
__all__ += ["details_of", "expire", "iso", "links_of", "matches", "next_handover", "on_call"]
__all__ += ["pack_message", "phase", "play_turn", "read_matcher", "read_routing", "reply_of"]
__all__ += ["retry_after_s", "unpack_message"]
__all__ += ["announce", "cut", "dedup_key", "headline", "plain_text", "short_key"]
