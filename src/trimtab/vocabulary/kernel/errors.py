"""Every error of Trimtab has a stable code, a sentence, and what to do next.

TrimtabError
├── Invalid        the input is wrong: what, where, what instead
├── Missing        the thing named does not exist
├── Conflict       the same identifier already stands for something else
├── Unauthorised   no key, a wrong key, or a key without that scope
├── TooLarge       over a stated limit
├── Refused        understood, but not allowed
└── Unavailable    not now: retry after the time it names
"""


class TrimtabError(Exception):
    """Something went wrong that the caller can read: `code` is stable, `hint` says what to do."""

    code = "error"
    status = 500

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        """Keep the sentence, the hint, and a code narrower than the class's."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or type(self).code


class Invalid(TrimtabError):
    """The input is wrong."""

    code = "invalid"
    status = 400


class Missing(TrimtabError):
    """The thing named does not exist."""

    code = "missing"
    status = 404


class Conflict(TrimtabError):
    """The same identifier already stands for something else."""

    code = "conflict"
    status = 409


class Unauthorised(TrimtabError):
    """No key, a wrong key, or a key without the scope."""

    code = "unauthorised"
    status = 401


class TooLarge(TrimtabError):
    """The input is over a stated limit."""

    code = "too_large"
    status = 413


class Refused(TrimtabError):
    """Understood, but not allowed."""

    code = "refused"
    status = 403


class Unavailable(TrimtabError):
    """Not now; the same call may succeed after `retry_after_s` seconds."""

    code = "unavailable"
    status = 503

    def __init__(
        self, message: str, *, hint: str = "", code: str | None = None, retry_after_s: int = 1
    ) -> None:
        """Keep the time after which a retry makes sense."""
        super().__init__(message, hint=hint, code=code)
        self.retry_after_s = retry_after_s
