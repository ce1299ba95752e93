"""One call of a tool: what it was given, and what it gave, beside the plain values that the contract saw."""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from trimtab.edge.sdk.tools.entry import Entry
from trimtab.edge.sdk.tools.plain import plain

if TYPE_CHECKING:
    from trimtab.edge.runtime import Context, Function

CALL: "ContextVar[Context | None]" = ContextVar("trimtab_call", default=None)
UNIT: ContextVar[str] = ContextVar("trimtab_unit", default="")


class Given:
    """One call as the agent made it."""

    __slots__ = ("args", "entry", "error", "fault", "results", "started", "values")

    def __init__(self, entry: Entry, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Keep the arguments, as they are and as the contract sees them."""
        self.entry = entry
        self.values = entry.named(args, kwargs)
        self.fault: Exception | None = None
        self.args = self._seen()
        self.started = False
        self.error: BaseException | None = None
        self.results: list[tuple[Any, Any]] = []

    def _seen(self) -> dict[str, Any]:
        """The arguments as the contract sees them; where one has no plain form, that is the `fault`."""
        try:
            return self.entry.seen(self.values)
        except Exception as error:  # noqa: BLE001 - an argument may be anything
            self.fault = error
            return self.entry.seen(self.values, plain_or_text)

    def taken(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of one attempt: the agent's own values, but for those that the contract set."""
        if args is self.args:
            return self.values
        found = {
            name: self.values[name]
            if name in self.args and self.args[name] == value
            else self.entry.taken(name, value)
            for name, value in args.items()
        }
        kept = {name: self.values[name] for name in self.entry.without if name in self.values}
        return kept | found

    def gave(self, value: Any) -> Any:
        """Keep what the function returned; its plain form goes on."""
        found = plain_or_text(value)
        self.results.append((found, value))
        return found

    def original(self, value: Any) -> Any:
        """What the function returned, where `value` is its plain form; else the value as the function's type."""
        for found, original in self.results:
            if found is value and value is not None:
                return original
        return self.entry.returned(value)


GIVEN: ContextVar[Given | None] = ContextVar("trimtab_given", default=None)


@lru_cache(maxsize=4096)
def runner(entry: Entry) -> "Function":
    """The function as the runtime calls it: with plain arguments, for a plain result."""
    if entry.asynchronous:

        async def run_async(args: Mapping[str, Any], context: "Context") -> Any:
            given, values = taken(entry, args)
            token = CALL.set(context)
            try:
                return result(given, await entry.run(values))
            except BaseException as error:
                failed(given, error)
                raise
            finally:
                CALL.reset(token)

        return run_async

    def run(args: Mapping[str, Any], context: "Context") -> Any:
        given, values = taken(entry, args)
        token = CALL.set(context)
        try:
            return result(given, entry.run(values))
        except BaseException as error:
            failed(given, error)
            raise
        finally:
            CALL.reset(token)

    return run


def taken(entry: Entry, args: Mapping[str, Any]) -> tuple[Given | None, Mapping[str, Any]]:
    """The call that this attempt belongs to, and its arguments; an undo or a stand-in belongs to none."""
    given = GIVEN.get()
    if given is None or given.entry is not entry:
        return None, {name: entry.taken(name, value) for name, value in args.items()}
    return given, given.taken(args)


def result(given: Given | None, value: Any) -> Any:
    """The plain form of what a function returned."""
    return plain_or_text(value) if given is None else given.gave(value)


def plain_or_text(value: Any) -> Any:
    """The plain form of a value; its text where it has none, for the call has happened."""
    try:
        return plain(value)
    except Exception:  # noqa: BLE001 - a result may be anything
        return f"<{type(value).__name__}>"


def failed(given: Given | None, error: BaseException) -> None:
    """Keep the function's own error: it is what the agent would have seen. That it was stopped is no error of its own."""
    if given is not None:
        given.error = error if isinstance(error, Exception) else None
