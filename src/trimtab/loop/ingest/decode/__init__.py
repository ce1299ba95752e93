"""Bodies as they come: checked at the door, decoded behind it."""

from trimtab.loop.ingest.decode.logs import Record, decode_logs, records_of
from trimtab.loop.ingest.decode.messages import parse
from trimtab.loop.ingest.decode.opening import Opened, open_traces
from trimtab.loop.ingest.decode.otlp_json import from_json
from trimtab.loop.ingest.decode.ports import FixedPrices, Prices, Usage
from trimtab.loop.ingest.decode.steps import (
    check_facts,
    decode_facts,
    decode_metrics,
    decode_traces,
)
from trimtab.loop.ingest.decode.validate import Checked, Limits, check_body
from trimtab.loop.ingest.decode.values import attributes_of
from trimtab.vocabulary.trace import Place

__all__ = [
    "Checked",
    "FixedPrices",
    "Limits",
    "Opened",
    "Place",
    "Prices",
    "Record",
    "Usage",
    "attributes_of",
    "check_body",
    "check_facts",
    "decode_facts",
    "decode_logs",
    "decode_metrics",
    "decode_traces",
    "from_json",
    "open_traces",
    "parse",
    "records_of",
]
