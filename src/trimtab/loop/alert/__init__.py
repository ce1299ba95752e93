"""Pages that can be trusted: when an objective is at risk, and who is told.

rules/     which rule fires, and when it could
match.py   conditions on labels
notice.py  the message that people get, and what can come of sending it; reply.py what an answer means
records.py what is kept beside alerts; ports.py what keeps it and who carries messages; fakes.py for tests
applied.py what a project promises and who is told; watch.py looks at it again and again: standing.py where the rules of one
           objective stand, outlook.py what they would do, policies.py what low budgets demand, describe.py what an alert tells its reader
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
from trimtab.loop.alert.outlook import dead_rules, outlook, replay
from trimtab.loop.alert.pipeline import (
    KINDS,
    Courier,
    Delivery,
    Group,
    Patience,
    Routing,
    Secrets,
    Turn,
    check_silence,
    details_of,
    expire,
    iso,
    keys_by_alert,
    links_of,
    next_handover,
    on_call,
    phase,
    play_turn,
    read_routing,
)
from trimtab.loop.alert.policies import InForce, unpack_actions
from trimtab.loop.alert.ports import AlertStore, Notifier, NotifierOf, SecretSource, Web
from trimtab.loop.alert.records import Acknowledgement, Attempt, Lease, Queued, Silence, Standing, Writes
from trimtab.loop.alert.reply import reply_of, retry_after_s
from trimtab.loop.alert.rules import AlertQuality, PastIncident, SentAlert, judge_alerts
from trimtab.loop.alert.watch import HEARTBEAT, Counted, Parts, Watch

__all__ = ["Alert", "Severity", "Status"]
__all__ += ["KINDS", "Acknowledgement", "AlertStore", "Answer", "Attempt", "Courier", "Delivered"]
__all__ += ["Delivery", "Evidence", "Group", "Kind", "Lease", "Link", "Matcher", "MemoryAlertStore"]
__all__ += ["MemoryNotifier", "MemoryWeb", "Message", "Notifier", "NotifierOf", "Patience"]
__all__ += ["Queued", "Reading", "Recent", "Refused", "Reply", "Request", "Retry", "Routing"]
__all__ += ["SecretSource", "Secrets", "Silence", "Standing", "Turn", "Web", "Writes", "check_silence"]
__all__ += ["details_of", "expire", "iso", "links_of", "matches", "next_handover", "on_call"]
__all__ += ["pack_message", "phase", "play_turn", "read_matcher", "read_routing", "reply_of"]
__all__ += ["retry_after_s", "unpack_message"]
__all__ += ["HEARTBEAT", "Applied", "InForce", "Parts", "Promised", "Watch", "apply_files", "read_files"]
__all__ += ["Counted", "dead_rules", "outlook", "replay", "unpack_actions"]
__all__ += ["dashboard", "rules_yaml"]
__all__ += ["AlertQuality", "PastIncident", "SentAlert", "judge_alerts", "keys_by_alert"]
