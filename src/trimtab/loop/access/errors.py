"""Errors of access.

Unavailable
└── TooMany        too many requests, or too many failed attempts to sign in: wait as long as it says
"""

from trimtab.vocabulary.kernel import Unavailable


class TooMany(Unavailable):
    """Too many requests in too short a time; the same call may succeed after `retry_after_s` seconds."""

    code = "too_many"
    status = 429
