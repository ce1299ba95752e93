"""`with trimtab.session(user="u1") as s:` everything done for one user's task, and what became of it."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from trimtab.edge.sdk.chosen import variant_for
from trimtab.edge.sdk.facts import About
from trimtab.edge.sdk.lineage import bridge
from trimtab.edge.sdk.lineage.context import HERE, Lineage, Place
from trimtab.edge.sdk.lineage.headers import read, write
from trimtab.edge.sdk.runtime import HELD, Runtime
from trimtab.edge.sdk.span import text_of
from trimtab.edge.sdk.steps import Step
from trimtab.edge.sdk.tools.held import at_work
from trimtab.edge.sdk.tools.under import Under, unit
from trimtab.edge.sdk.warn import nothing, safe, warn_once
from trimtab.edge.sdk.words import BUNDLE, COHORT, ENDS, OUTCOME, OUTCOMES, REASON, wrong_word

if TYPE_CHECKING:
    from trimtab.edge.runtime import Undone

MAX_REASON = 2000
H = TypeVar("H", bound=MutableMapping[str, str])


class Session:
    """One user's task; facts about it may be told while it runs and after it."""

    __slots__ = ("_about", "_ends", "_outcome", "_running", "_step", "_under", "_variant")

    def __init__(
        self, session: str, step: Step, *, ends: bool, under: Under | None = None, variant: str = ""
    ) -> None:
        """Know its id; it begins with `with`."""
        self._variant = variant
        self._about, self._step, self._ends, self._under = About(session), step, ends, under
        self._outcome: tuple[str, str] | None = None
        self._running = False

    @property
    def id(self) -> str:
        """The id by which facts name it later."""
        return self._about.id

    def variant(self, default: str = "") -> str:
        """Which variant of a split it gets, the same in all its processes; `default` where traffic is not split."""
        return self._variant or default

    @safe(nothing)
    def outcome(self, word: str, reason: str = "") -> None:
        """Say what became of it: success, failure, refused, escalated, abandoned or unknown; the last word counts."""
        if word not in OUTCOMES:
            warn_once(wrong_word("the outcome", word, OUTCOMES))
        elif self._running:
            self._outcome = word, text_of(reason, MAX_REASON)
        else:
            self._about.outcome(word, reason)

    @safe(nothing)
    def feedback(self, value: float, reason: str = "", *, source: str = "human", id: str = "") -> None:  # noqa: A002
        """Say how content the user was."""
        self._about.feedback(value, reason, source=source, id=id)

    @safe(nothing)
    def score(self, name: str, value: float, *, method: str = "", source: str = "app", id: str = "") -> None:  # noqa: A002
        """Say what was measured, and how."""
        self._about.score(name, value, method=method, source=source, id=id)

    @safe(nothing)
    def ticket(self, label: str, reason: str = "", *, source: str = "ticket", id: str = "") -> None:  # noqa: A002
        """Say that somebody had to open a ticket."""
        self._about.ticket(label, reason, source=source, id=id)

    @safe(nothing)
    def label(self, name: str, label: str, *, source: str = "human", id: str = "") -> None:  # noqa: A002
        """Say a word about it."""
        self._about.label(name, label, source=source, id=id)

    @safe(nothing)
    def set(self, **words: object) -> None:
        """Tell more of it, as of a step."""
        self._step.set(**words)

    def input(self, text: str) -> str:
        """Hear what the user says; the text that goes on. Under a contract it may raise `Stopped`."""
        return text if self._under is None else self._under.heard(text)

    def system(self, text: str) -> str:
        """Hear what the prompt says: values that stand in it are yours, not a stranger's."""
        if self._under is not None:
            self._under.instructed(text)
        return text

    def marking(self) -> str:
        """What the system prompt says of outputs that the contract has marked; "" where nothing is marked."""
        return "" if self._under is None else self._under.marking()

    def before_model(self, text: str = "", model: str = "") -> str:
        """Before a model is asked; the text that goes on. Under a contract it may raise `Stopped`."""
        return text if self._under is None else self._under.at("pre_model_call", text, model)

    def after_model(self, text: str, model: str = "") -> str:
        """After a model answered; the text that goes on. Under a contract it may raise `Stopped`."""
        return text if self._under is None else self._under.at("post_model_call", text, model)

    def output(self, text: str) -> str:
        """Before the user is answered; the text that goes on. Under a contract it may raise `Stopped`."""
        return text if self._under is None else self._under.at("output", text)

    def stream(self, pieces: Iterable[str]) -> Iterator[str]:
        """An answer that comes in pieces, as it goes on; under a contract it may raise `Stopped`, and be held back to be looked at."""
        flowing = None if self._under is None else self._under.flowing()
        for piece in pieces:
            if found := piece if flowing is None else flowing.feed(piece):
                yield found
        if flowing is not None and (rest := flowing.end()):
            yield rest

    async def astream(self, pieces: AsyncIterable[str]) -> AsyncIterator[str]:
        """An answer that comes in pieces from asynchronous code, as `stream` has it."""
        flowing = None if self._under is None else self._under.flowing()
        async for piece in pieces:
            if found := piece if flowing is None else flowing.feed(piece):
                yield found
        if flowing is not None and (rest := flowing.end()):
            yield rest

    def tools(self, names: Iterable[str]) -> list[str]:
        """Which of these tools the model should be offered now: not those that are switched off or at rest."""
        return list(names) if self._under is None else self._under.usable(names)

    def spent(self, *, tokens: int = 0, cost_usd: float = 0.0) -> None:
        """Count tokens and money against the contract's limits of a session; `Step.usage` counts tokens by itself."""
        if self._under is not None:
            self._under.spent(tokens, cost_usd)

    def unit(self, name: str) -> AbstractContextManager[None]:
        """Within it, a call that equals an earlier one of this session is meant once more, and is done."""
        return unit(name)

    def undo(self) -> "Undone | None":
        """Take back what this session's tools did, the latest first; says what could not be. None without a contract."""
        return None if self._under is None else self._under.undo()

    async def aundo(self) -> "Undone | None":
        """Take back what this session's tools did, where these are asynchronous."""
        return None if self._under is None else await self._under.aundo()

    def __enter__(self) -> Self:
        """Begin; under a contract it may raise `Stopped`."""
        self._step.__enter__()
        self._running = True
        if self._under is not None:
            try:
                self._under.begin()
            except BaseException as error:
                self.__exit__(type(error), error, None)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; an exception that nobody caught is a failure, unless an outcome was said."""
        if self._under is not None:
            self._under.end(self._ends)
        self._finish(error)
        self._step.__exit__(kind, error, trace)

    async def __aenter__(self) -> Self:
        """Begin."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; an exception that nobody caught is a failure, unless an outcome was said."""
        self.__exit__(kind, error, trace)

    @safe(nothing)
    def _finish(self, error: BaseException | None) -> None:
        self._running = False
        said = self._outcome
        if said is None and self._ends and isinstance(error, Exception):
            said = "failure", type(error).__name__
        if said is not None:
            self._step.set(**{OUTCOME: said[0], REASON: said[1] or None})
        if self._ends:
            self._step.set(**{ENDS: True})


@safe(lambda: Session("", Step(None, "agent", "", {}), ends=False))
def session(
    id: str = "",  # noqa: A002 - the user's word
    *,
    user: str = "",
    tenant: str = "",
    agent: str = "",
    headers: Mapping[str, str] | None = None,
    ends: bool | None = None,
    **cohort: Any,
) -> Session:
    """Everything done for one user's task, for `with` and `async with`.

    An `id` of yours joins what belongs together over processes and days; give `ends=False` where more will come. With
    `headers` (or an environment) of `inject` it is a part of a session that began elsewhere, and does not end it.
    `cohort` are dimensions of your own, and `bundle`, the release that ran.
    """
    runtime = HELD.runtime
    named = text_of(id)
    if runtime is None:
        return Session(named, Step(None, "agent", "", {}), ends=False)
    return opened(runtime, named, headers, ends, identity(user, tenant, agent), cohort)


def identity(user: object, tenant: object, agent: object) -> Lineage:
    """Who acts for whom, within bounds."""
    return Lineage(
        agent=text_of(agent),
        tenant=text_of(tenant),
        user=text_of(user),
    )


def opened(
    runtime: Runtime,
    id: str,  # noqa: A002
    given: Mapping[str, str] | None,
    ends: bool | None,  # noqa: FBT001 - as the user said it
    who: Lineage,
    cohort: dict[str, Any],
) -> Session:
    """A session that is about to begin, below what the headers name or what we are in."""
    runtime.clock.settle()
    remote = read(given) if given is not None else None
    inherited = remote.lineage if remote else Lineage()
    agent = who.agent or runtime.agent
    bound = at_work()
    named = id or inherited.session or runtime.new_id(16)
    lineage = Lineage(
        session=named,
        agent=agent,
        tenant=who.tenant or inherited.tenant,
        user=who.user,
        variant=text_of(cohort.get("variant")) or variant_for(bound, named, inherited.variant),
    )
    words = {BUNDLE if name == "bundle" else COHORT + name: value for name, value in cohort.items()}
    step = Step(runtime, "agent", agent, words)
    step.belongs(lineage, nearest(remote))
    joined = lineage.session == inherited.session
    under = None if bound is None else Under(bound, lineage, text_of(cohort.get("intent")))
    ended = not joined if ends is None else bool(ends)
    return Session(named, step, ends=ended, under=under, variant=lineage.variant)


def nearest(remote: Place | None) -> Place | None:
    """The parent: the headers' step, unless OpenTelemetry read the same headers and already began a span below it."""
    ours = HERE.get()
    here = bridge.current(ours)
    if remote is None or (here is not None and here is not ours and here.trace_id == remote.trace_id):
        return here
    return remote


@safe(dict)
def inject(headers: H | None = None) -> H | dict[str, str]:
    """Add where we are to headers or an environment, for the process that goes on: traceparent and baggage."""
    found: H | dict[str, str] = {} if headers is None else headers
    place = bridge.current(HERE.get()) if HELD.runtime else None
    if place is not None:
        write(place, found)
    return found
