"""A witness of the audit logs of agents: it signs what it has seen of them, and nothing that contradicts it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trimtab.loop.access.model import Seen
from trimtab.loop.access.ports import WitnessStore
from trimtab.vocabulary.audit import (
    COSIGNED,
    Check,
    Checkpoint,
    Key,
    Note,
    Signer,
    is_growth,
    read_checkpoint,
    read_key,
    read_note,
)
from trimtab.vocabulary.kernel import Clock, Conflict, Invalid

MOST_PROOF, MOST_NAME = 64, 200
FORKED = "the log contradicts what it has signed before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A checkpoint as it is shown: the log, its key, the signed note, and the proof (hex) that it grew from the first `old` entries."""

    origin: str
    key: str
    note: str
    proof: Sequence[str] = ()
    old: int | None = None


class Witness:
    """Signs checkpoints of logs, each only behind the one before. Safe in threads; a store that servers share settles races."""

    def __init__(self, store: WitnessStore, clock: Clock, signer: Callable[[], tuple[Signer, Check]]) -> None:
        """Sign with what `signer` gives when it is needed; it raises `Invalid` where nothing can sign."""
        self._store, self._clock, self._signer = store, clock, signer
        self._lock = threading.Lock()

    @property
    def key(self) -> str:
        """Our public key, as verifiers take it; raises `Invalid`."""
        signer, _ = self._signer()
        return str(Key(name=signer.name, public=signer.public, kind=COSIGNED))

    def see(self, project: str, offered: Offered) -> Seen:
        """Sign a checkpoint that grew from the one before; raises `Invalid`, or `Conflict` for one that did not.

        The first decides which key a log has. A proof that begins with another size (`old`) than was seen last decides
        nothing: the last one is given back, and whoever asks proves from there.
        """
        origin, key = offered.origin, offered.key
        signer, check = self._signer()
        given, signed, point = self._read(origin, key, offered.note, check)
        steps = hashes(offered.proof)
        with self._lock:
            before = self._store.latest(project, origin)
            if before is not None:
                if before.key != key:
                    raise Conflict(
                        "the log was seen with another key",
                        hint="a log keeps its key; begin another log",
                        code="other_key",
                    )
                again = self._seen_before(project, point, before)
                if again is not None:
                    return again
                if offered.old is not None and offered.old != before.size:
                    return before
                grew = is_growth((before.size, bytes.fromhex(before.root)), (point.size, point.root), steps)
                if not grew:
                    self._refuse(project, given, point, str(signed))
            now_ns = self._clock.now_ns()
            seen = Seen(
                project=project,
                origin=origin,
                size=point.size,
                root=point.root.hex(),
                key=key,
                note=str(signed.witnessed(signer, now_ns // 1_000_000_000)),
                at_ns=now_ns,
                follows=before.size if before else -1,
            )
            self._store.append(seen)
            return seen

    def _read(self, origin: str, key: str, note: str, check: Check) -> tuple[Key, Note, Checkpoint]:
        given, signed = read_key(key), read_note(note)
        point = read_checkpoint(signed.text)
        if point.origin != origin or given.name != origin or len(origin) > MOST_NAME:
            raise Invalid(
                f"the checkpoint is not of the log {origin[:100]}", hint="name the log as its note does"
            )
        if given.kind == COSIGNED or not signed.is_signed(given, check):
            raise Invalid("the checkpoint is not signed by that key", hint="send it as it was written")
        return given, signed, point

    def _seen_before(self, project: str, point: Checkpoint, before: Seen) -> Seen | None:
        """One that is known is answered as it was."""
        if point.size > before.size:
            return None
        if (before.size, before.root) == (point.size, point.root.hex()):
            return before
        for one in self._store.checkpoints(project, point.origin):
            if (one.size, one.root, one.contradicts) == (point.size, point.root.hex(), False):
                return one
        if point.size < before.size and all(
            one.size != point.size for one in self._store.checkpoints(project, point.origin)
        ):
            raise Conflict(
                f"{before.size} entries were seen already, this is about {point.size}",
                hint="send the latest checkpoint",
                code="older",
            )
        return None

    def _refuse(self, project: str, key: Key, point: Checkpoint, note: str) -> None:
        """Keep what contradicts as evidence, once, and say so; raises `Conflict`."""
        found = Seen(
            project=project,
            origin=point.origin,
            size=point.size,
            root=point.root.hex(),
            key=str(key),
            note=note,
            at_ns=self._clock.now_ns(),
            follows=None,
            contradicts=True,
        )
        kept = self._store.checkpoints(project, point.origin)
        if not any((one.contradicts, one.note) == (True, note) for one in kept):
            self._store.append(found)
        raise Conflict(
            FORKED,
            hint="send the proof from the checkpoint that was seen last; where there is none, the past was changed",
            code="forked",
        )


def hashes(proof: Sequence[str]) -> list[bytes]:
    """A proof as it is sent: hashes in hex; raises `Invalid`."""
    try:
        found = [bytes.fromhex(one) for one in proof[:MOST_PROOF]]
    except ValueError:
        found = [b""]
    if len(proof) > MOST_PROOF or any(len(one) != 32 for one in found):
        raise Invalid("not a proof", hint="up to 64 hashes of 32 bytes in hex")
    return found
