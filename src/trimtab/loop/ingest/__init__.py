"""From bytes on a socket to rows: validate, redact, commit, decode, apply."""

from trimtab.loop.ingest.apply import Applier, Decoded, Rules, decode_entry
from trimtab.loop.ingest.commit import GroupCommit
from trimtab.loop.ingest.cut import cut_out
from trimtab.loop.ingest.decode import FixedPrices, Limits, Prices, Usage
from trimtab.loop.ingest.exchange import Exchange, exchanges_in
from trimtab.loop.ingest.find import search, sessions_that_said
from trimtab.loop.ingest.forward import (
    Destination,
    Forwarder,
    Lane,
    MemorySender,
    Progress,
    Reply,
    Sender,
    destination_of,
)
from trimtab.loop.ingest.index import Indexer, texts_of
from trimtab.loop.ingest.instructed import prompt_text
from trimtab.loop.ingest.opened import raw_step, said_in_steps
from trimtab.loop.ingest.prepare import OtlpSignal
from trimtab.loop.ingest.receive import Door, DoorLimits, Ticket, gunzip
from trimtab.loop.ingest.redaction import RedactionPolicy, Redactor
from trimtab.loop.ingest.sources import Listed, TraceSource

__all__ = [
    "Applier",
    "Decoded",
    "Destination",
    "Door",
    "DoorLimits",
    "Exchange",
    "FixedPrices",
    "Forwarder",
    "GroupCommit",
    "Indexer",
    "Lane",
    "Limits",
    "Listed",
    "MemorySender",
    "OtlpSignal",
    "Prices",
    "Progress",
    "RedactionPolicy",
    "Redactor",
    "Reply",
    "Rules",
    "Sender",
    "Ticket",
    "TraceSource",
    "Usage",
    "cut_out",
    "decode_entry",
    "destination_of",
    "exchanges_in",
    "gunzip",
    "prompt_text",
    "raw_step",
    "said_in_steps",
    "search",
    "sessions_that_said",
    "texts_of",
]
