"""A client of a server's API in Python: a method for every route, pages, typed errors, and writes that are done once."""

from trimtab.client.client import Client
from trimtab.client.errors import (
    ApiError,
    Conflict,
    Invalid,
    Missing,
    Refused,
    TooLarge,
    TooMany,
    Unauthorised,
    Unavailable,
)

__all__ = [
    "ApiError",
    "Client",
    "Conflict",
    "Invalid",
    "Missing",
    "Refused",
    "TooLarge",
    "TooMany",
    "Unauthorised",
    "Unavailable",
]
