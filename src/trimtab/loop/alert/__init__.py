"""Pages that can be trusted: when an objective is at risk, and who is told.

rules/     which rule fires, and when it could
match.py   conditions on labels
notice.py  the message that people get, and what can come of sending it; reply.py what an answer means
records.py what is kept beside alerts; ports.py what keeps it and who carries messages; fakes.py for tests
applied.py what a project promises and who is told; watch.py looks at it again and again: standing.py where the rules of one
           objective stand, preview.py what they would do, policies.py what low budgets demand, news.py what changed, describe.py what an alert tells its reader
pipeline/  from firing alerts to messages: grouping, inhibition, silences, escalation, the outbox
"""

from trimtab.loop.alert.applied import Applied, Promised, apply_files, read_files
from trimtab.loop.alert.export import dashboard, rules_yaml
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
    keys_by_alert,
    links_of,
    next_handover,
    on_call,
    phase,
    plain_text,
    play_turn,
    read_routing,
    short_key,
)
from trimtab.loop.alert.policies import InForce, unpack_actions
from trimtab.loop.alert.ports import AlertStore, Notifier, NotifierOf, SecretSource, Web
from trimtab.loop.alert.preview import dead_rules, outlook, replay
from trimtab.loop.alert.records import Acknowledgement, Attempt, Lease, Queued, Silence, Standing, Writes
from trimtab.loop.alert.reply import reply_of, retry_after_s
from trimtab.loop.alert.rules import AlertQuality, PastIncident, SentAlert, judge_alerts
from trimtab.loop.alert.watch import HEARTBEAT, Counted, Parts, Watch

__all__ = [
    "HEARTBEAT",
    "KINDS",
    "Acknowledgement",
    "Alert",
    "AlertQuality",
    "AlertStore",
    "Answer",
    "Applied",
    "Attempt",
    "Counted",
    "Courier",
    "Delivered",
    "Delivery",
    "Evidence",
    "Group",
    "InForce",
    "Kind",
    "Lease",
    "Link",
    "Matcher",
    "MemoryAlertStore",
    "MemoryNotifier",
    "MemoryWeb",
    "Message",
    "Notifier",
    "NotifierOf",
    "Parts",
    "PastIncident",
    "Patience",
    "Promised",
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
    "SecretSource",
    "Secrets",
    "SentAlert",
    "Severity",
    "Silence",
    "Standing",
    "Status",
    "Turn",
    "Watch",
    "Web",
    "Writes",
    "announce",
    "apply_files",
    "check_silence",
    "cut",
    "dashboard",
    "dead_rules",
    "dedup_key",
    "details_of",
    "expire",
    "headline",
    "iso",
    "judge_alerts",
    "keys_by_alert",
    "links_of",
    "matches",
    "next_handover",
    "on_call",
    "outlook",
    "pack_message",
    "phase",
    "plain_text",
    "play_turn",
    "read_files",
    "read_matcher",
    "read_routing",
    "replay",
    "reply_of",
    "retry_after_s",
    "rules_yaml",
    "short_key",
    "unpack_actions",
    "unpack_message",
]
