"""The public API of Langfuse: lists of traces, and one trace with its observations and scores.

https://api.reference.langfuse.com
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from trimtab.loop.ingest import Listed
from trimtab.vocabulary.kernel import Invalid, Refused, Unavailable

TIMEOUT = httpx.Timeout(60.0)
PAGE = 50
TRIES = 6
MAX_WAIT_S = 120.0
BUSY = frozenset({408, 429, 500, 502, 503, 504})
KEYS = "set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY to the keys of the project"


class LangfuseApi:
    """Asks a Langfuse, patiently: it waits as long as it is told to, and gives up after some tries."""

    def __init__(self, url: str, keys: tuple[str, str], sleep: Callable[[float], None] = time.sleep) -> None:
        """Speak to the Langfuse at `url` with the public and the secret key of a project."""
        if not url.startswith(("http://", "https://")):
            raise Invalid(f"{url!r} is no address", hint="for example https://cloud.langfuse.com")
        self._client = httpx.Client(
            base_url=url.rstrip("/"), auth=keys, timeout=TIMEOUT, trust_env=False, follow_redirects=False
        )
        self._sleep = sleep

    def list(self, since_ns: int, until_ns: int, page: int) -> Listed:
        """One page of the traces of a time, the oldest first; pages count from 1."""
        answer = self._get(
            "/api/public/traces",
            page=page,
            limit=PAGE,
            orderBy="timestamp.asc",
            fromTimestamp=iso(since_ns),
            toTimestamp=iso(until_ns),
        )
        try:
            found = [(str(row["id"]), str(row["timestamp"])) for row in answer["data"]]
            return Listed(traces=found, pages=int(answer["meta"]["totalPages"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(
                f"page {page} is no list of traces: {error!r}", hint="is this the address of a Langfuse?"
            ) from error

    def trace(self, name: str) -> Any:
        """One trace with its observations and scores; None where it is there no more."""
        return self._get(f"/api/public/traces/{quote(name, safe='')}")

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _get(self, path: str, **params: str | int) -> Any:
        said = ""
        for tried in range(TRIES):
            try:
                answer = self._client.get(path, params=params)
            except httpx.TransportError as error:
                said, wait_s = f"{type(error).__name__} {error}".strip(), 2.0**tried
            else:
                if answer.status_code not in BUSY:
                    return read(answer)
                said = f"HTTP {answer.status_code}"
                wait_s = retry_after_s(answer) or 2.0**tried
            if tried < TRIES - 1:
                self._sleep(min(wait_s, MAX_WAIT_S))
        raise Unavailable(
            f"no answer from {self._client.base_url}: {said}", hint="try again later: what is pulled is kept"
        )


def read(answer: httpx.Response) -> Any:
    """The JSON of an answer, None where there is nothing; raises what stands against it."""
    if answer.status_code == 404 and answer.url.path != "/api/public/traces":
        return None
    if answer.status_code in {401, 403}:
        raise Refused(f"Langfuse does not know these keys (HTTP {answer.status_code})", hint=KEYS)
    if not answer.is_success:
        raise Invalid(f"HTTP {answer.status_code}: {answer.text[:200]}", hint="is this a Langfuse?")
    try:
        return answer.json()
    except ValueError as error:
        raise Unavailable("the answer is not JSON", hint="is this the address of a Langfuse?") from error


def retry_after_s(answer: httpx.Response) -> float | None:
    """The seconds that an answer asks to wait for."""
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdigit() else None


def iso(time_ns: int) -> str:
    """A time as the API takes it."""
    return datetime.fromtimestamp(time_ns / 1e9, tz=UTC).isoformat().replace("+00:00", "Z")
