"""What is told of an agent, as entries: who, what, when, why and by which contract, and nobody's data.

Users, tenants, arguments and results are digests under a key that stays on this machine: without it nobody can guess
what they were.
"""

import hmac
import json
import os
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

from trimtab.edge.audit.payload import Payloads
from trimtab.edge.audit.showing import Showing
from trimtab.edge.audit.writer import Committer, Said, Writer
from trimtab.edge.runtime import Session, Told
from trimtab.vocabulary.audit import Event
from trimtab.vocabulary.contract import Contract
from trimtab.vocabulary.kernel import Clock

Whose = Callable[[], tuple[str, str]]
"""The trace and the span that we are in; empty where there is none."""
MOST_CHARS = 200
DIGEST_CHARS = 32
JUMP_S = 5.0
KNOWN = 1000
"""Digests of so many users and tenants are remembered."""


class AuditLog:
    """The audit log of this process. Safe in threads; a forked child has one of its own."""

    def __init__(
        self, writer: Writer, clock: Clock, secret: bytes, *, release: str = "", whose: Whose | None = None
    ) -> None:
        """Tell `writer`; `secret` is what digests are made with, the same after every restart."""
        self._writer, self._clock, self._release = writer, clock, release
        self._key = hmac.digest(secret, b"trimtab audit", "sha256")
        self._whose = whose or nobody
        self._known = lru_cache(KNOWN)(self.digest)
        self._steady: Callable[[], int] | None = None
        self._offset_ns = 0
        self._warn: Callable[[str], None] = ignore
        self._payloads: Payloads | None = None
        self._showing: Showing | None = None
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._committer = Committer(self._commit, self._writer.pace)

    def warning(self, warn: Callable[[str], None]) -> "AuditLog":
        """Say there that the log cannot be written."""
        self._warn = warn
        return self

    def sealing(self, payloads: Payloads | None) -> "AuditLog":
        """Keep the arguments of whoever is known, sealed with a key of theirs, which their digests are made with, too."""
        self._payloads = payloads
        return self

    def shown_by(self, showing: Showing) -> "AuditLog":
        """Have its checkpoints shown to a witness."""
        self._showing = showing
        self._writer.on_sealed = showing.sealed
        return self

    def watching(self, steady_ns: Callable[[], int] = time.monotonic_ns) -> "AuditLog":
        """Tell when the clock jumps against one that cannot be set."""
        self._steady = steady_ns
        self._offset_ns = self._clock.now_ns() - steady_ns()
        return self

    @property
    def writer(self) -> Writer:
        """Who writes it."""
        return self._writer

    def tell(self, told: Told, session: Session | None, contract: Contract) -> None:
        """Take it; it is written soon. Never raises."""
        self._own_process()
        self._writer.say(self._said(told, session, contract))
        self._committer.wake()

    def tell_first(self, told: Told, session: Session | None, contract: Contract) -> str:
        """Have it on disk before returning; why it is not, or nothing. Never raises."""
        self._own_process()
        why = self._writer.write(self._said(told, session, contract))
        if why:
            self._told_failing()
        return why

    def flush(self) -> bool:
        """Write what was told until now; whether it is on disk."""
        self._own_process()
        return self._commit()

    def close(self) -> None:
        """Write what is left, sign it, show it, and end."""
        if self._pid == os.getpid():
            self._committer.close()
            self._writer.close()
            if self._showing is not None:
                self._showing.close()

    def _commit(self) -> bool:
        good = self._writer.commit()
        if not good:
            self._told_failing()
        return good

    def _told_failing(self) -> None:
        self._warn(
            f"the audit log cannot be written: {self._writer.failing or 'unknown'}; "
            "calls that cannot be taken back are refused until it can"
        )

    def _own_process(self) -> None:
        if self._pid != os.getpid():
            self._writer.forget()
            self._begin()

    def _said(self, told: Told, session: Session | None, contract: Contract) -> Said:
        now_ns = self._clock.now_ns()
        if self._steady is not None:
            self._watch(now_ns, self._steady)
        trace_id, span_id = self._whose()
        parts: dict[str, Any] = {
            "agent": short(contract.agent),
            "contract": contract.digest,
            "trace_id": trace_id,
            "span_id": span_id,
            "tool": short(told.tool),
            "effect": told.effect,
            "unit": short(told.unit),
            "decision": told.decision,
            "reasons": tuple(short(one) for one in told.reasons[:20]),
            "approval": short(told.approval),
            "release": short(self._release),
            "detail": {name: plain(value) for name, value in told.detail.items()} if told.detail else {},
        }
        if session is not None:
            parts |= self._whom(session)
        if told.person:
            parts |= {"actor": "human", "who": self.digest("person", told.person)}
        if told.args is not None:
            parts |= self._arguments(told, str(parts.get("who", "")), parts["detail"])
        if told.result is not None:
            parts["result_digest"] = self.digest("result", told.result)
        return Said(now_ns, cast("Event", told.event), parts)

    def _whom(self, session: Session) -> Mapping[str, str]:
        return {
            "session": short(session.id),
            "who": self._known("person", session.user) if session.user else "",
            "tenant": self._known("tenant", session.tenant) if session.tenant else "",
        }

    def _arguments(self, told: Told, who: str, detail: Mapping[str, Any]) -> Mapping[str, Any]:
        """What an entry holds of arguments: a digest, and the name of what is sealed, once for a call."""
        if self._payloads is None or not who:
            return {"args_digest": self.digest("args", told.args)}
        raw = text_of("args", told.args)
        try:
            found: dict[str, Any] = {"args_digest": self._payloads.digest(who, raw)[:DIGEST_CHARS]}
            if told.event == "decision":
                found["detail"] = {**detail, "sealed": self._payloads.keep(who, raw)}
        except OSError as error:
            self._warn(f"what the audit log should seal cannot be kept: {error}")
            return {}
        return found

    def digest(self, kind: str, value: Any) -> str:
        """What stands in the log for a value: the same for the same one, and nothing to who has not the key."""
        message = kind.encode() + b"\n" + text_of(kind, value)
        return hmac.digest(self._key, message, "sha256").hex()[:DIGEST_CHARS]

    def _watch(self, now_ns: int, steady_ns: Callable[[], int]) -> None:
        offset_ns = now_ns - steady_ns()
        jumped_ms = (offset_ns - self._offset_ns) // 1_000_000
        self._offset_ns = offset_ns
        if abs(jumped_ms) > JUMP_S * 1000:
            self._writer.say(
                Said(now_ns, "clock.jumped", {"actor": "system", "detail": {"milliseconds": jumped_ms}})
            )


def text_of(kind: str, value: Any) -> bytes:
    """A value as it is digested and sealed."""
    try:
        raw = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    except (TypeError, ValueError, RecursionError):
        raw = f"<{kind}>"
    return raw.encode(errors="replace")


def short(text: str) -> str:
    """A text that an entry can hold."""
    found = text[:MOST_CHARS]
    return found if found.isascii() else found.encode(errors="replace").decode()


def plain(value: str | int | bool | None) -> str | int | bool | None:  # noqa: FBT001 - it is the value
    """A detail that an entry can hold."""
    return short(value) if isinstance(value, str) else value


def nobody() -> tuple[str, str]:
    """No trace and no span."""
    return "", ""


def ignore(_: str) -> None:
    """Nobody is warned."""
