"""Redacted telemetry handed on to other backends, so that adopting Trimtab replaces nothing.

model.py         a destination, what came back from it, how far it is, and the port that sends
destinations.py  which destinations a project has, kept in the state
lane.py          one destination: what to send next, how long to wait
forwarder.py     a thread for each destination
"""

from trimtab.loop.ingest.forward.destinations import destination_of
from trimtab.loop.ingest.forward.forwarder import Forwarder
from trimtab.loop.ingest.forward.lane import Lane
from trimtab.loop.ingest.forward.model import SIGNALS, Destination, MemorySender, Progress, Reply, Sender

__all__ = [
    "SIGNALS",
    "Destination",
    "Forwarder",
    "Lane",
    "MemorySender",
    "Progress",
    "Reply",
    "Sender",
    "destination_of",
]
