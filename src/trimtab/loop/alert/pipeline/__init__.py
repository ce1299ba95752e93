"""From firing alerts to messages; each stage is a pure function of state, alerts and time.

document.py   the routing document; fields.py reads it, model.py holds it, receivers.py what each receiver needs
secrets.py    secrets are looked up when something is sent
route.py      which routes an alert takes
group.py      what is told together, and when
inhibit.py    what keeps silent because something graver fires
silence.py    what a person silenced
mute.py       when a route keeps silent
escalate.py   who is told next; oncall.py who is on call
message.py    one message for all notifiers
advance.py    the stages in their order: one turn
outbox.py     at-least-once delivery
"""

from trimtab.loop.alert.pipeline.advance import Scene, Turn, advance
from trimtab.loop.alert.pipeline.document import read_routing
from trimtab.loop.alert.pipeline.escalate import Climb, climb, due_at
from trimtab.loop.alert.pipeline.group import Group, Told, pack_group, unpack_group
from trimtab.loop.alert.pipeline.inhibit import inhibited
from trimtab.loop.alert.pipeline.message import (
    announce,
    compose,
    cut,
    dedup_key,
    details_of,
    evidence_of,
    headline,
    iso,
    links_of,
    plain_text,
    reading_text,
    short_key,
)
from trimtab.loop.alert.pipeline.model import Escalation, Receiver, Rotation, Route, Routing
from trimtab.loop.alert.pipeline.mute import muted
from trimtab.loop.alert.pipeline.oncall import next_handover, on_call
from trimtab.loop.alert.pipeline.outbox import Courier, Delivery, Patience, keys_by_alert, play_turn
from trimtab.loop.alert.pipeline.receivers import KINDS
from trimtab.loop.alert.pipeline.route import find_routes
from trimtab.loop.alert.pipeline.secrets import Secrets
from trimtab.loop.alert.pipeline.silence import check_silence, expire, phase, silenced

__all__ = [
    "KINDS",
    "Climb",
    "Courier",
    "Delivery",
    "Escalation",
    "Group",
    "Patience",
    "Receiver",
    "Rotation",
    "Route",
    "Routing",
    "Scene",
    "Secrets",
    "Told",
    "Turn",
    "advance",
    "announce",
    "check_silence",
    "climb",
    "compose",
    "cut",
    "dedup_key",
    "details_of",
    "due_at",
    "evidence_of",
    "expire",
    "find_routes",
    "headline",
    "inhibited",
    "iso",
    "keys_by_alert",
    "links_of",
    "muted",
    "next_handover",
    "on_call",
    "pack_group",
    "phase",
    "plain_text",
    "play_turn",
    "read_routing",
    "reading_text",
    "short_key",
    "silenced",
    "unpack_group",
]
