"""What adapters of agent frameworks share: their tools and model calls, under the contract of the process."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab.edge.sdk.delivery.mask import mask as masked
from trimtab.edge.sdk.steps import Step, step
from trimtab.edge.sdk.tools.ask import Ask, Question
from trimtab.edge.sdk.tools.entry import Owned
from trimtab.edge.sdk.tools.held import at_work
from trimtab.edge.sdk.tools.stopped import Stopped
from trimtab.edge.sdk.tools.tool import acall_tool, call_tool, whose
from trimtab.edge.sdk.tools.under import Under

if TYPE_CHECKING:
    from trimtab.vocabulary.contract import Contract

__all__ = [
    "Args",
    "Asked",
    "Question",
    "Signals",
    "acall",
    "answered",
    "ask_here",
    "asking",
    "call",
    "contract",
    "heard",
    "masked",
    "under",
    "usable",
]
Args = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """A framework's exceptions that are no faults: `pauses`, after which it calls again, and `refusals`, a tool's clear no."""

    pauses: tuple[type[Exception], ...] = ()
    refusals: tuple[type[Exception], ...] = ()

    @contextmanager
    def told(self) -> Generator[None]:
        """Around a tool: tell the runtime what they mean."""
        from trimtab.edge.runtime import Busy, Failed  # noqa: PLC0415 - loaded with a contract, not with the SDK

        try:
            yield
        except self.pauses as error:
            raise Busy(str(error) or type(error).__name__, retry_after_s=None) from error
        except self.refusals as error:
            raise Failed(str(error) or type(error).__name__) from error

    @contextmanager
    def kept(self) -> Generator[None]:
        """Around a call: let the framework have its own exceptions back."""
        try:
            yield
        except Exception as error:
            cause = error.__cause__
            if isinstance(cause, (*self.pauses, *self.refusals)):
                raise cause from None
            raise


def call(name: str, args: Args, run: Callable[[Args], Any], signals: Signals) -> Any:
    """Call a framework's tool; raises `Stopped`, or the tool's own error."""

    def signalled(args: Args) -> Any:
        with signals.told():
            return run(args)

    with signals.kept():
        return call_tool(Owned(name, signalled, asynchronous=False), (), args)


async def acall(
    name: str,
    args: Args,
    run: Callable[[Args], Awaitable[Any]],
    signals: Signals,
    words: Mapping[str, Any] | None = None,
) -> Any:
    """Call a framework's asynchronous tool; raises `Stopped`, or the tool's own error. `words` are told of its step."""

    async def signalled(args: Args) -> Any:
        with signals.told():
            return await run(args)

    with signals.kept():
        return await acall_tool(Owned(name, signalled, asynchronous=True), (), args, words)


def under() -> Under | None:
    """The session that we are in and its contract; None without a contract."""
    bound = at_work()
    return None if bound is None else Under(bound, whose(), "")


def contract() -> "Contract | None":
    """The contract of the process as it holds now, None without one."""
    bound = at_work()
    return None if bound is None else bound.contract


def ask_here(ask: Ask) -> None:
    """Let questions of the contract be asked here first; as `init` was told where that gives None: nobody here can be asked."""
    bound = at_work()
    if bound is not None:
        bound.ask_here(ask)


def heard(user: Iterable[str] = (), system: Iterable[str] = ()) -> None:
    """Take in what the user and the prompt say; raises `Stopped`."""
    here = under()
    if here is None:
        return
    for text in system:
        here.instructed(text)
    for text in user:
        as_it_is(here.heard(text), text, "what the user says")


def as_it_is(found: str, text: str, what: str) -> str:
    """A text that the contract left as it is; raises `Stopped` where it put another, for no framework's hook takes one here."""
    if found != text:
        raise Stopped(
            f"the contract replaces {what}, which cannot be done here", status="refused", code="check"
        )
    return found


def answered(text: str) -> str:
    """What the user is answered, as it goes on; raises `Stopped`."""
    here = under()
    return text if here is None else here.at("output", text)


def marking() -> str:
    """What the system prompt says of outputs that the contract has marked; "" where nothing is marked."""
    here = under()
    return "" if here is None else here.marking()


def usable(names: Iterable[str]) -> list[str]:
    """Which of these tools to offer to the model now."""
    here = under()
    return list(names) if here is None else here.usable(names)


@contextmanager
def asking(
    model: str, provider: str, messages: list[dict[str, Any]], *, apart: bool = False
) -> Generator["Asked"]:
    """A model call as a step, with the contract's questions before and after it; raises `Stopped`.

    `apart` is for frameworks that begin and end it in tasks of their own: then nothing is below it.
    """
    here = under()
    last = str(messages[-1].get("content") or "") if messages else ""
    if here is not None:
        as_it_is(here.at("pre_model_call", last, model), last, "what the model is asked")
    call = step("llm", model=model or None, provider=provider or None, input=messages)
    with call.beside() if apart else call as m:
        asked = Asked(m)
        yield asked
    if here is not None:
        as_it_is(here.at("post_model_call", asked.text, model), asked.text, "what the model answered")


class Asked:
    """A model call, and what came of it."""

    def __init__(self, step: Step) -> None:
        """Begin without an answer."""
        self._step = step
        self.text = ""

    def answer(
        self,
        text: str,
        calls: Iterable[tuple[str, Any]] = (),
        *,
        finish: str | None = None,
        model: str | None = None,
        usage: Mapping[str, int | None] | None = None,
    ) -> None:
        """Tell what it answered: text, calls of tools by name and arguments, tokens by kind."""
        self.text = text
        wanted = [{"name": name, "arguments": arguments} for name, arguments in calls]
        said: dict[str, Any] = {"role": "assistant", "content": text}
        if wanted:
            said["tool_calls"] = wanted
        self._step.set(finish=finish, answered_by=model, output=[said])
        self._step.usage(**(usage or {}))
