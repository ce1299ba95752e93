"""How a page asks: the functions of the control API, in this process, each call noted so that it can be repeated."""

import contextlib
import shlex
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from trimtab.app.bootstrap import Server
from trimtab.app.http.api.pages import TURNS, read_cursor, write_cursor
from trimtab.app.web.recent import Recent
from trimtab.app.web.words import query_of, segment
from trimtab.loop.store import SCOPES, Grant
from trimtab.vocabulary.kernel import TrimtabError

Json = dict[str, Any]
NONE: Mapping[str, object] = {}
Use = Callable[[Server, Grant, Json], object]


@dataclass(slots=True, kw_only=True)
class Asking:
    """What one page asks, and the commands that ask the same."""

    server: Server
    grant: Grant
    origin: str
    query: Mapping[str, str]
    path: Mapping[str, str]
    recent: Recent
    calls: list[str] = field(default_factory=list[str])
    kept: dict[Hashable, Callable[[], Json]] = field(default_factory=dict[Hashable, Callable[[], Json]])
    counted_ns: int | None = None
    """When the oldest of the answers was counted that were kept from before."""

    @property
    def now_ns(self) -> int:
        """The time by the server's clock."""
        return self.server.clock.now_ns()

    @property
    def may(self) -> frozenset[str]:
        """The scopes that whoever looks holds: a page offers nothing else."""
        return frozenset(SCOPES) if "admin" in self.grant.scopes else frozenset(self.grant.scopes)

    def ask(
        self,
        function: Use,
        path: str,
        given: Mapping[str, object] = NONE,
        *,
        silent: bool = False,
        dear: bool = False,
    ) -> Json:
        """Ask a function of the API; `path` names its route, with the arguments in it in braces.

        The cursor of a list stands in the address as the API gives it. A `silent` one repeats a question with another filter and is
        not among the commands. The answer to a `dear` one may be some minutes old, where it takes long: nobody acts on it in a hurry.
        """
        named = {name: value for name, value in given.items() if value not in (None, "")}
        if not silent:
            self._note(path, named)
        arguments = dict(named)
        if "cursor" in arguments:
            arguments["cursor"] = read_cursor(arguments["cursor"])

        def count() -> Json:
            answer = cast("Json", function(self.server, self.grant, dict(arguments)))
            turned = {name: write_cursor(answer[name]) for name in TURNS if name in answer}
            return answer | turned

        return self._recently(self._key(path, named), count) if dear else count()

    def renew(self) -> None:
        """Count the oldest answer anew that was kept from before, if it is time to: when the page has been sent."""
        with contextlib.suppress(TrimtabError):
            self.recent.renew(self.kept)

    def _note(self, path: str, named: Mapping[str, object]) -> None:
        url, rest = path, dict(named)
        for name, value in named.items():
            if f"{{{name}}}" in url:
                url = url.replace(f"{{{name}}}", segment(value))
                del rest[name]
        whole = f"{self.origin}/api/v1{url}{query_of(rest)}"
        self.calls.append(f'curl -H "Authorization: Bearer $TRIMTAB_KEY" {shlex.quote(whole)}')

    def _key(self, path: str, named: Mapping[str, object]) -> Hashable:
        """What makes a question the same a minute later: of the latest 24 hours it is, although they have moved."""
        moving = self.query.get("since", "")
        given = dict(named) | ({"since_ns": moving} if moving and "since_ns" in named else {})
        return self.grant.project, path, tuple(sorted((name, str(value)) for name, value in given.items()))

    def _recently(self, key: Hashable, count: Callable[[], Json]) -> Json:
        asked_ns = self.now_ns
        answer = self.recent.ask(key, count)
        if answer.at_ns < asked_ns:
            self.kept[key] = count
            self.counted_ns = min(answer.at_ns, self.counted_ns or answer.at_ns)
        return answer.said
