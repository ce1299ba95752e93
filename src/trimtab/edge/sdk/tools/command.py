"""A tool that is no function of Python: a command, or whatever keeps its deadline itself."""

from typing import TYPE_CHECKING, Any

from trimtab.edge.sdk.tools.entry import Owned

if TYPE_CHECKING:
    from trimtab.edge.runtime import Stoppable


class Direct(Owned):
    """A tool that the runtime calls as it is, with arguments and context."""

    def __init__(self, name: str, itself: "Stoppable") -> None:
        """Know it; without a contract it is called with the arguments alone."""
        super().__init__(name, lambda args: itself(args, plain_context(name)), asynchronous=False)
        self.itself = itself


def plain_context(name: str) -> Any:
    """What a tool is told where no contract keeps count."""
    from trimtab.edge.runtime import Context  # noqa: PLC0415 - loaded where there is such a tool

    return Context(tool=name, key="", attempt=1, previous=0, deadline_ns=2**63)
