"""What an answer over HTTP means for a message: delivered, to be sent again, or refused for good."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

from trimtab.loop.alert.notice import Answer, Delivered, Refused, Reply, Retry

AGAIN = frozenset({408, 425, 429})
MENDED = frozenset({401, 403})
"""Wrong keys are mended by a person: the message waits for that."""
MAX_REASON = 300
MAX_WAIT_S = 86_400.0


def reply_of(answer: Answer, hide: Callable[[str], str]) -> Reply:
    """What an answer means; `hide` strikes secrets out of what the other side says."""
    if answer.ok:
        return Delivered()
    said = " ".join(answer.body[:4000].decode("utf-8", "replace").split())
    if answer.status == 0:
        return Retry(reason=hide(said)[:MAX_REASON] or "no answer")
    reason = hide(f"HTTP {answer.status}: {said}".rstrip(": "))[:MAX_REASON]
    if answer.status in AGAIN | MENDED or answer.status >= 500:
        return Retry(reason=reason, after_s=retry_after_s(answer))
    return Refused(reason=reason)


def retry_after_s(answer: Answer) -> float | None:
    """The seconds that an answer asks to wait for: a number, or a date as seen from the answer's own; at most a day."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said), MAX_WAIT_S)
    try:
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(wait.total_seconds(), 0.0), MAX_WAIT_S)
