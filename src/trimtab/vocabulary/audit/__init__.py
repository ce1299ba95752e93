"""The log of what an agent did: entries that nobody can change unseen.

entry.py     an entry, and the one way to write it
merkle.py    the tree over them: roots, and proofs
note.py      what was signed of it: checkpoints, and what witnesses add
faults.py    whether a log is whole; each way to change it has a name
ports.py     who signs and who checks; fakes.py without a library
"""

from trimtab.vocabulary.audit.entry import ACTORS, EVENTS, Actor, Entry, Event, canonical, read_line
from trimtab.vocabulary.audit.fakes import FakeKey, fake_check
from trimtab.vocabulary.audit.faults import EXITS, SAYS, UNSIGNED, Fault, Finding, Keys, Report, inspect
from trimtab.vocabulary.audit.merkle import (
    EMPTY_ROOT,
    Growing,
    is_growth,
    is_included,
    leaf_hash,
    prove_growth,
    prove_growth_after,
    prove_inclusion,
    root_of,
)
from trimtab.vocabulary.audit.note import (
    COSIGNED,
    ED25519,
    Checkpoint,
    Key,
    Note,
    Signature,
    read_checkpoint,
    read_key,
    read_note,
)
from trimtab.vocabulary.audit.ports import Check, Signer, Vault

__all__ = [
    "ACTORS",
    "COSIGNED",
    "ED25519",
    "EMPTY_ROOT",
    "EVENTS",
    "EXITS",
    "SAYS",
    "UNSIGNED",
    "Actor",
    "Check",
    "Checkpoint",
    "Entry",
    "Event",
    "FakeKey",
    "Fault",
    "Finding",
    "Growing",
    "Key",
    "Keys",
    "Note",
    "Report",
    "Signature",
    "Signer",
    "Vault",
    "canonical",
    "fake_check",
    "inspect",
    "is_growth",
    "is_included",
    "leaf_hash",
    "prove_growth",
    "prove_growth_after",
    "prove_inclusion",
    "read_checkpoint",
    "read_key",
    "read_line",
    "read_note",
    "root_of",
]
