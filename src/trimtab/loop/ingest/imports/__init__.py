"""Logs that people already have, told as OTLP and facts: one file a format, each a pure function."""

from trimtab.loop.ingest.imports.agentdojo import agentdojo
from trimtab.loop.ingest.imports.chat import chat
from trimtab.loop.ingest.imports.inspect_log import inspect
from trimtab.loop.ingest.imports.langfuse import langfuse
from trimtab.loop.ingest.imports.otlp import otlp
from trimtab.loop.ingest.imports.paging import OVERLAP_NS, pull
from trimtab.loop.ingest.imports.piece import Importer, Piece, Tally, read_lines
from trimtab.loop.ingest.imports.steps import schema, steps
from trimtab.loop.ingest.imports.tau_bench import tau_bench

IMPORTERS: dict[str, Importer] = {
    "agentdojo": agentdojo,
    "inspect": inspect,
    "langfuse": langfuse,
    "openai-chat": chat,
    "otlp": otlp,
    "steps": steps,
    "tau-bench": tau_bench,
}

__all__ = [
    "IMPORTERS",
    "OVERLAP_NS",
    "Importer",
    "Piece",
    "Tally",
    "pull",
    "read_lines",
    "schema",
]
