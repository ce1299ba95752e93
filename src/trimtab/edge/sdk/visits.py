"""A session whose calls come one by one, each in a task of its own: what a gateway knows of one client."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import copy_context

from trimtab.edge.sdk.lineage.context import HERE, leave
from trimtab.edge.sdk.sessions import session
from trimtab.edge.sdk.warn import nothing, safe


class Visit:
    """The session of one client, from its first call until it leaves; under a contract it may raise `Stopped` when it begins."""

    __slots__ = ("_context", "_place", "_session", "id")

    def __init__(self, id: str, *, user: str = "") -> None:  # noqa: A002 - its own id
        """Begin."""
        self.id = id
        self._session = session(id, user=user, ends=True)
        self._context = copy_context()
        self._context.run(self._session.__enter__)
        self._place = self._context.get(HERE)

    @contextmanager
    def call(self) -> Generator[None]:
        """Within it, steps and tools are this session's."""
        token = HERE.set(self._place)
        try:
            yield
        finally:
            leave(token)

    @safe(nothing)
    def end(self) -> None:
        """The client has left."""
        self._context.run(self._session.__exit__, None, None, None)
