"""How a command reaches the store: through the server that runs, or as the owner itself when none does."""

import contextlib
import os
from collections.abc import Generator
from typing import Any, Protocol

from trimtab.app.bootstrap.folder import owner_key, read_address
from trimtab.app.settings import Settings
from trimtab.vocabulary.kernel import Invalid


class Desk(Protocol):
    """Sends one request of the API and gives its JSON; raises `TrimtabError`."""

    def get(self, path: str, **params: object) -> Any:
        """Read."""
        ...

    def post(self, path: str, body: object, *, media: str = "application/json") -> Any:
        """Write; a `bytes` body goes as it is."""
        ...

    def patch(self, path: str, body: object) -> Any:
        """Change what is there."""
        ...

    def delete(self, path: str) -> Any:
        """Remove what is there."""
        ...


@contextlib.contextmanager
def open_desk(settings: Settings, project: str | None) -> Generator[Desk]:
    """The nearest way to the store: TRIMTAB_URL, else the server of the data folder, else this process."""
    headers = {"x-trimtab-project": project} if project else {}
    from trimtab.app.cli.desk.over_http import desk_at

    with contextlib.ExitStack() as stack:
        url, inside = os.environ.get("TRIMTAB_URL"), None
        key = os.environ.get("TRIMTAB_KEY")
        if url and not key:
            raise Invalid("TRIMTAB_URL is set, TRIMTAB_KEY is not", hint="set it to a key of that server")
        if not url:
            address = read_address(settings.data)
            if address is not None:
                url = address.http
            else:
                # Imported late: a command that only asks a running server must not load the server.
                from trimtab.app.bootstrap import open_server
                from trimtab.app.http import application

                server = stack.enter_context(open_server(settings))
                inside, url = application(server), "http://trimtab"
            key = owner_key(settings.data)
        headers["authorization"] = f"Bearer {key}"
        yield stack.enter_context(desk_at(url, headers, inside))
