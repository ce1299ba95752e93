"""The contract that is at work in this process."""

from typing import TYPE_CHECKING, cast

from trimtab.edge.sdk.runtime import HELD

if TYPE_CHECKING:
    from trimtab.edge.sdk.tools.bound import Bound


def at_work() -> "Bound | None":
    """The contract that `init` was given, or None."""
    runtime = HELD.runtime
    return None if runtime is None else cast("Bound | None", runtime.contract)
