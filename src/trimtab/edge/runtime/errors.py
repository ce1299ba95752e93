"""What a tool may raise, so that the runtime knows what happened. Any other error means: nobody knows.

TrimtabError
├── NotSent    the call never left; calling again is safe
├── Busy       the other side did nothing and says when to come back, or not to
└── Failed     the other side answered: no, and nothing happened
"""

from trimtab.vocabulary.kernel import TrimtabError


class NotSent(TrimtabError):
    """The call never left."""

    code = "not_sent"
    status = 503


class Busy(TrimtabError):
    """The other side did nothing; it may be asked again after `retry_after_s` seconds, or never where that is None or below 0."""

    code = "busy"
    status = 503

    def __init__(self, message: str, *, retry_after_s: float | None = 1.0, hint: str = "") -> None:
        """Keep how long to wait."""
        super().__init__(message, hint=hint)
        asked = retry_after_s is not None and retry_after_s >= 0
        self.retry_after_s = retry_after_s if asked else None


class Failed(TrimtabError):
    """The other side answered no; nothing happened."""

    code = "tool_failed"
    status = 422
