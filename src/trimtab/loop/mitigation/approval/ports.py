"""What approvals need of an engine."""

from collections.abc import Callable, Sequence
from typing import Protocol

from trimtab.loop.mitigation.approval.model import Request


class ApprovalStore(Protocol):
    """Requests by project; every change is a new version of one."""

    def add(self, request: Request) -> None:
        """Keep a new request; raises `Conflict` where its id is taken."""
        ...

    def request(self, project: str, name: str) -> Request | None:
        """A request by its id, or None."""
        ...

    def requests(self, project: str, since_ns: int = 0, limit: int = 1000) -> Sequence[Request]:
        """Requests since a time, the latest first."""
        ...

    def unreviewed(self, project: str) -> Sequence[Request]:
        """Requests let pass by a broken glass that nobody reviewed, the oldest first, whatever their age."""
        ...

    def change(self, project: str, name: str, work: Callable[[Request], Request]) -> Request:
        """Change a request; again where another was quicker. Raises `Missing`, and what `work` raises."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...
