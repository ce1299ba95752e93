"""Asking people for their yes by way of the server: `init(ask="server")`."""

import http.client
import json
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, cast

from trimtab.edge.sdk.delivery.mask import mask
from trimtab.edge.sdk.tools.ask import RanOut
from trimtab.edge.sdk.warn import safe, warn_once
from trimtab.vocabulary.audit import Note, read_note
from trimtab.vocabulary.control import Permit, read_permit
from trimtab.vocabulary.kernel import Invalid

if TYPE_CHECKING:
    from trimtab.edge.sdk.control.fetch import Answer, Fetch
    from trimtab.edge.sdk.control.follower import Trusted
    from trimtab.edge.sdk.tools.ask import Question

WAIT_S = 5
AGAIN_S = 1.0
MOST_ASKED = 1000
Name = tuple[str, str, str, str]


class Asking:
    """Asks, waits, and believes only a permit that is signed, for this very call, and not over; safe in threads."""

    def __init__(self, fetch: "Fetch", trusted: "Trusted") -> None:
        """Ask one server."""
        self._fetch, self._trusted = fetch, trusted
        self._asked: OrderedDict[Name, str] = OrderedDict()
        self._lock = threading.Lock()

    @safe(list)
    def __call__(self, question: "Question") -> list[str]:
        """The names of those who said yes; none where nobody did in time. The same call finds its request again."""
        name = (question.session, question.tool, question.args_digest, question.contract_digest)
        until_s = time.monotonic() + question.wait_s
        tag, request = "", self._request(name, question)
        while request and time.monotonic() < until_s:
            wait_s = max(0, min(WAIT_S, int(until_s - time.monotonic())))
            answer = self._seen(request, tag, wait_s)
            status = "requested" if answer is None else status_of(answer)
            tag = tag if answer is None else answer.tag
            if status == "granted":
                return self._used(name, request, question)
            if status not in ("requested", ""):
                self._forget(name)
                return RanOut() if status == "expired" else []
            time.sleep(AGAIN_S if answer is None else 0.1)
        return []

    def _request(self, name: Name, question: "Question") -> str:
        """The request of a call, made where there is none; "" where the server takes none."""
        with self._lock:
            if known := self._asked.get(name):
                return known
        answer = self._fetch.post("approvals", said(question, self._fetch))
        if answer.status != 200:
            warn_once(
                f"nobody can be asked: HTTP {answer.status}: {answer.text[:300]}", f"ask {answer.status}"
            )
            return ""
        found = str(json.loads(answer.text)["id"])
        with self._lock:
            self._asked[name] = found
            while len(self._asked) > MOST_ASKED:
                self._asked.popitem(last=False)
        return found

    def _seen(self, request: str, tag: str, wait_s: int) -> "Answer | None":
        """How it stands; None where the server does not say."""
        try:
            return self._fetch.get(f"approvals/{request}", tag, wait_s)
        except (OSError, http.client.HTTPException):
            return None

    def _used(self, name: Name, request: str, question: "Question") -> list[str]:
        """Use the yes up: whatever comes of it, the next call asks anew."""
        self._forget(name)
        answer = self._fetch.post(f"approvals/{request}/use", {})
        if answer.status != 200:
            return []
        try:
            permit = believed(read_note(answer.text), self._trusted, request, question)
        except Invalid as error:
            warn_once(f"a permit is not believed: {error.message}", f"permit {error.code}")
            return []
        return [one.removeprefix("user:") for one in permit.approvers]

    def _forget(self, name: Name) -> None:
        with self._lock:
            self._asked.pop(name, None)


def said(question: "Question", fetch: "Fetch") -> dict[str, Any]:
    """A question as the server takes it; obvious secrets are masked here already."""
    return {
        "agent": fetch.agent,
        "environment": fetch.environment,
        "session": question.session,
        "user": question.user,
        "tool": question.tool,
        "args": mask(json.dumps(dict(question.args), ensure_ascii=False, default=str))[:50_000],
        "args_digest": question.args_digest,
        "contract_digest": question.contract_digest,
        "why": mask(question.why)[:10_000],
        "doubts": {name: mask(text) for name, text in question.doubts.items()},
        "role": question.role,
        "quorum": question.quorum,
        "not_requester": question.not_requester,
        "ttl_s": int(question.ttl_s),
    }


def status_of(answer: "Answer") -> str:
    """Where a request stands; "" where that is as before, or not said now."""
    if answer.status == 200:
        return str(cast("dict[str, Any]", json.loads(answer.text))["status"])
    return "missing" if answer.status in (401, 403, 404) else ""


def believed(note: Note, trusted: "Trusted", request: str, question: "Question") -> Permit:
    """The permit of a note; raises `Invalid` unless it is signed, for exactly this call, and holds now."""
    if not trusted(note):
        raise Invalid("its signature is not by the key that was given", code="signature")
    found = read_permit(note.text)
    bound = (found.request, found.tool, found.args_digest, found.contract_digest)
    if bound != (request, question.tool, question.args_digest, question.contract_digest):
        raise Invalid("it is for another call", code="bound")
    if found.until_ns <= time.time_ns():
        raise Invalid("it is over", code="over")
    return found
