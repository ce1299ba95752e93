"""How a page asks: the functions of the control API, in this process, each call noted so that it can be repeated."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from trimtab.app.bootstrap import Server
from trimtab.app.http.api.pages import TURNS, read_cursor, write_cursor
from trimtab.app.web.words import query_of, segment
from trimtab.loop.store import SCOPES, Grant

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
    calls: list[str] = field(default_factory=list[str])

    @property
    def now_ns(self) -> int:
        """The time by the server's clock."""
        return self.server.clock.now_ns()

    @property
    def may(self) -> frozenset[str]:
        """The scopes that whoever looks holds: a page offers nothing else."""
        return frozenset(SCOPES) if "admin" in self.grant.scopes else frozenset(self.grant.scopes)

    def ask(
        self, function: Use, path: str, given: Mapping[str, object] = NONE, *, silent: bool = False
    ) -> Json:
        """Ask a function of the API; `path` names its route, with the arguments in it in braces.

        The cursor of a list stands in the address as the API gives it. A `silent` one repeats a question with another filter and is not among the commands.
        """
        named = {name: value for name, value in given.items() if value not in (None, "")}
        url, rest = path, dict(named)
        for name, value in named.items():
            if f"{{{name}}}" in url:
                url = url.replace(f"{{{name}}}", segment(value))
                del rest[name]
        whole = f"{self.origin}/api/v1{url}{query_of(rest)}"
        if not silent:
            self.calls.append(f'curl -H "Authorization: Bearer $TRIMTAB_KEY" {shlex.quote(whole)}')
        arguments = dict(named)
        if "cursor" in arguments:
            arguments["cursor"] = read_cursor(arguments["cursor"])
        answer = cast("Json", function(self.server, self.grant, arguments))
        turned = {name: write_cursor(answer[name]) for name in TURNS if name in answer}
        return answer | turned
