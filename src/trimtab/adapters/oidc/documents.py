"""What an issuer publishes of itself: its addresses and its keys, asked for rarely and kept for a while."""

import threading
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import orjson

from trimtab.loop.alert import Answer, Request
from trimtab.loop.alert.ports import Web
from trimtab.vocabulary.kernel import Clock, Unavailable

Json = Mapping[str, Any]
SECOND_NS = 1_000_000_000
FRESH_S, PACE_S, FAILED_S = 3600, 60, 5
"""Documents are asked for again after an hour, for an unknown key once a minute, after a failure in five seconds."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
MOST_KEYS = 100


class Documents:
    """The discovery document and the key set of one issuer; the last good ones serve while it does not answer."""

    def __init__(self, issuer: str, web: Web, clock: Clock) -> None:
        """Nothing is asked for yet."""
        self.issuer, self._web, self._clock = issuer, web, clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Json, int]] = {}
        self._failed: dict[str, tuple[str, int]] = {}

    def configuration(self) -> Json:
        """The discovery document; raises `Unavailable` where there is none that can be used."""
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        return self._document(url, self._check_configuration, FRESH_S)

    def keys(self, *, unknown: bool = False) -> list[Json]:
        """The keys; asked for again where one was `unknown`, but not more often than once a minute."""
        url = str(self.configuration()["jwks_uri"])
        found = self._document(url, check_keys, PACE_S if unknown else FRESH_S)
        return cast("list[Json]", found["keys"])

    def _document(self, url: str, check: Any, fresh_s: int) -> Json:
        with self._lock:
            now_ns = self._clock.now_ns()
            kept, asked_ns = self._kept.get(url, (None, 0))
            if kept is not None and now_ns - asked_ns < fresh_s * SECOND_NS:
                return kept
            why, failed_ns = self._failed.get(url, ("", 0))
            if not why or now_ns - failed_ns >= FAILED_S * SECOND_NS:
                why = self._ask(url, check, now_ns)
            if url in self._kept:
                return self._kept[url][0]
            raise Unavailable(
                "the issuer cannot be asked now",
                hint="sign in with a password, or try again; `trimtab doctor` says why",
                code="issuer_down",
                retry_after_s=FAILED_S,
            )

    def _ask(self, url: str, check: Any, now_ns: int) -> str:
        """Ask, and keep what came; gives what is wrong with it, "" where nothing is."""
        try:
            found = document_of(self._web.send(Request(method="GET", url=url, headers=ACCEPT)))
            check(found)
        except ValueError as error:
            self._failed[url] = (str(error), now_ns)
            return str(error)
        self._failed.pop(url, None)
        self._kept[url] = (found, now_ns)
        return ""

    def trouble(self) -> str:
        """What was wrong when the issuer was asked last, "" where nothing was."""
        return next((f"{url}: {why}" for url, (why, _) in self._failed.items()), "")

    def _check_configuration(self, found: Json) -> None:
        if found.get("issuer") != self.issuer:
            raise ValueError(f"its document is of the issuer {str(found.get('issuer'))[:200]!r}")
        scheme = urlsplit(self.issuer).scheme
        for name in ENDPOINTS:
            check_address(name, found.get(name), scheme)
        if found.get("end_session_endpoint") is not None:
            check_address("end_session_endpoint", found["end_session_endpoint"], scheme)


ACCEPT = {"accept": "application/json"}


def check_address(name: str, given: object, scheme: str) -> None:
    """Raise `ValueError` unless it is an address, and one as safe as that of the issuer."""
    found = urlsplit(given) if isinstance(given, str) else None
    if found is None or not found.hostname or found.scheme not in {"https", scheme}:
        raise ValueError(f"its {name} is not an address of {scheme}")


def document_of(answer: Answer) -> Json:
    """The JSON object of an answer; raises `ValueError`."""
    if answer.status != 200:
        why = f"status {answer.status}" if answer.status else answer.body[:200].decode("utf-8", "replace")
        raise ValueError(why)
    found: object = orjson.loads(answer.body)
    if not isinstance(found, dict):
        raise ValueError("it answers with something other than a JSON object")  # noqa: TRY004 - of the answer
    return cast("Json", found)


def check_keys(found: Json) -> None:
    """Raise `ValueError` unless it is a set of keys of a size that makes sense."""
    keys: object = found.get("keys")
    several = cast("list[object]", keys) if isinstance(keys, list) else []
    if not 0 < len(several) <= MOST_KEYS or not all(isinstance(one, dict) for one in several):
        raise ValueError(f"its key set does not have 1 to {MOST_KEYS} keys")
