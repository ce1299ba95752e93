"""What tells edges what to do: the store of directives, and the key that signs."""

import contextlib
import os
from functools import cache

from trimtab.adapters.sql_state import SqlApprovalStore, SqlDirectiveStore
from trimtab.loop.mitigation import Approvals, Control
from trimtab.loop.store import State
from trimtab.vocabulary.audit import Signer
from trimtab.vocabulary.kernel import Clock

NAME = "trimtab/control"


def open_control(stack: contextlib.ExitStack, state: State, where: str, clock: Clock) -> Control:
    """Open what keeps directives; servers that share a state sign with one key."""
    store = SqlDirectiveStore(where)
    stack.callback(store.close)
    return Control(store, clock, cache(lambda: signer_of(state)))


def open_approvals(stack: contextlib.ExitStack, control: Control, where: str, clock: Clock) -> Approvals:
    """Open what keeps the calls that wait for a person; permits are signed with the key of control documents."""
    store = SqlApprovalStore(where)
    stack.callback(store.close)
    return Approvals(store, clock, lambda: control.signer)


def signer_of(state: State) -> Signer | None:
    """Who signs, None where the package for it is not installed; it takes eight megabytes, so it is loaded when it is needed."""
    try:
        from trimtab.adapters.ed25519 import Ed25519Key
    except ImportError:
        return None
    private = state.keep_setting("control.key", os.urandom(32).hex())
    return Ed25519Key(NAME, bytes.fromhex(private))
