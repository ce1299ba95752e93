"""The API as methods: `client.get_sessions(agent="shop")`. What there is stands in `routes.json`, its types in `client.pyi`."""

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import httpx

from trimtab.client.errors import ApiError, Unavailable, error_of
from trimtab.client.route import Request, Route, request_of, routes

Json = dict[str, Any]
TIMEOUT = httpx.Timeout(60.0)
ATTEMPTS = 4
WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
AGAIN = frozenset({429, 503})


class Client:
    """A server's API, by an address and a key; of `project`, where the key is good for several."""

    def __init__(  # noqa: PLR0913 - what can be set, by name
        self,
        url: str,
        key: str = "",
        *,
        project: str = "",
        attempts: int = ATTEMPTS,
        timeout_s: float | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Connect at the first call; `transport` and `sleep` are for tests."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        headers |= {"x-trimtab-project": project} if project else {}
        timeout = TIMEOUT if timeout_s is None else httpx.Timeout(timeout_s)
        self._attempts, self._sleep = max(attempts, 1), sleep
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1", headers=headers, timeout=timeout, transport=transport
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """A route's method, or `each_...`, which turns the pages of a list."""
        each = name.startswith("each_")
        route = routes().get(f"get_{name.removeprefix('each_')}" if each else name)
        if route is None or (each and not route.rows):
            raise AttributeError(f"the API has no {name}; its methods are named as in /api/v1/openapi.json")

        def call(*given: object, idempotency_key: str = "", **arguments: Any) -> Any:
            if each:
                return self._rows(route, given, arguments)
            return self._send(route, request_of(route, given, arguments), idempotency_key)

        call.__name__, call.__doc__ = name, route.says
        return call

    def __dir__(self) -> list[str]:
        """The methods of the API, too."""
        pages = [f"each_{one.name.removeprefix('get_')}" for one in routes().values() if one.rows]
        return sorted({*super().__dir__(), *routes(), *pages})

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the connections back."""
        self.close()

    def _rows(self, route: Route, given: tuple[object, ...], arguments: Json) -> Iterator[Json]:
        cursor = arguments.pop("cursor", None)
        while True:
            page = self._send(route, request_of(route, given, arguments | {"cursor": cursor}), "")
            yield from page[route.rows]
            cursor = page.get("next")
            if cursor is None:
                return

    def _send(self, route: Route, request: Request, key: str) -> Any:
        """Send, and again where the server asks for it or does not answer; a write by one key is done once."""
        headers = {"content-type": "application/json"} if request.body is not None else {}
        if route.once:
            headers["idempotency-key"] = key or secrets.token_hex(16)
        for left in range(self._attempts - 1, -1, -1):
            try:
                return self._ask(route, request, headers)
            except ApiError as error:
                if not left or not may_repeat(route, error):
                    raise
                self._sleep(min(error.retry_after_s or WAIT_S, LONGEST_WAIT_S))
        raise AssertionError  # the last attempt returns or raises

    def _ask(self, route: Route, request: Request, headers: dict[str, str]) -> Any:
        try:
            answer = self._http.request(
                request.method, request.path, params=request.query, content=request.body, headers=headers
            )
        except httpx.TransportError as error:
            raise Unavailable(f"no answer from {self._http.base_url}: {error}", code="no_answer") from error
        if answer.is_success:
            return answer.json() if route.media == "application/json" else answer.content
        raise error_of(answer.status_code, body_of(answer), seconds(answer.headers.get("retry-after", "")))


def may_repeat(route: Route, error: ApiError) -> bool:
    """Whether it makes sense, and cannot do harm, to send once more."""
    return error.status in AGAIN or (error.status == 0 and (route.once or route.method == "GET"))


def body_of(answer: httpx.Response) -> object:
    """The JSON of an answer that failed; None where a proxy answered."""
    try:
        return answer.json()
    except ValueError:
        return None


def seconds(header: str) -> float:
    """The wait that Retry-After names in seconds; 0 where it names none, or a date."""
    return float(header) if header.isascii() and header.isdigit() else 0.0
