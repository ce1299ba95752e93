"""Trimtab: the open, self-hosted reliability platform for LLM agents. Here are the SDK's names, loaded when they are used."""

TYPE_CHECKING = False  # type checkers know the name; loading `typing` would cost six times the rest

if TYPE_CHECKING:
    from trimtab.edge.sdk import (
        Session,
        Step,
        Stopped,
        about,
        carry,
        flush,
        init,
        inject,
        pinned,
        session,
        shutdown,
        step,
        testing,
        this_call,
        tool,
        traced,
    )

__all__ = [
    "Session",
    "Step",
    "Stopped",
    "about",
    "carry",
    "flush",
    "init",
    "inject",
    "pinned",
    "session",
    "shutdown",
    "step",
    "testing",
    "this_call",
    "tool",
    "traced",
]


def __getattr__(name: str) -> object:
    """Load the SDK at the first use of one of its names; the server, which uses none, never does."""
    if name not in __all__:
        raise AttributeError(f"module 'trimtab' has no attribute {name!r}; it has {', '.join(__all__)}")
    from trimtab.edge import sdk  # noqa: PLC0415 - `import trimtab` costs nothing

    found: object = getattr(sdk, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The names that are loaded when they are used, too."""
    return sorted({*globals(), *__all__})
