"""Requests for a yes whose time is over: noted in the audit log, whoever looks."""

import contextlib
import threading

from trimtab.app.bootstrap.controlling import open_approvals
from trimtab.app.bootstrap.entering import Access
from trimtab.loop.access import AuditEntry
from trimtab.loop.mitigation import Approvals, Control
from trimtab.loop.store import State
from trimtab.vocabulary.kernel import Clock, TrimtabError

EVERY_S = 15.0
OVER = "approval.expired"


def note_lapsed(state: State, approvals: Approvals, access: Access, clock: Clock) -> int:
    """Note in the audit log what nobody used in time, in all projects; how many that were."""
    count = 0
    for row in state.projects():
        project = str(row["name"])
        for one in approvals.lapse(project):
            count += 1
            entry = AuditEntry(
                at_ns=clock.now_ns(),
                project=project,
                who="trimtab",
                action=OVER,
                target=f"approval={one.id} agent={one.agent} tool={one.tool}"[:200],
                address="",
                outcome=200,
            )
            access.audit.append(entry)
    return count


def open_lapsing(
    stack: contextlib.ExitStack, where: str, control: Control, parts: tuple[State, Access, Clock]
) -> Approvals:
    """What keeps the calls that wait for a person, looked at every few seconds until the server closes."""
    state, access, clock = parts
    approvals = open_approvals(stack, control, where, clock)
    found = Lapsing(state, approvals, access, clock)
    stack.callback(found.close)
    found.start()
    return approvals


class Lapsing:
    """Looks every few seconds, in a thread of its own."""

    def __init__(self, state: State, approvals: Approvals, access: Access, clock: Clock) -> None:
        """Know where."""
        self._parts = state, approvals, access, clock
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lapsing", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._closed.wait(EVERY_S):
            with contextlib.suppress(TrimtabError):  # the state is away: it is looked at again
                note_lapsed(*self._parts)
