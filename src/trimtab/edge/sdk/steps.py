"""`with trimtab.step("llm", model="gpt-5") as m:` one unit of work, timed, with what is told of it."""

from contextvars import Token
from dataclasses import replace
from operator import index
from types import TracebackType
from typing import Any, Self

from trimtab.edge.sdk.lineage import bridge
from trimtab.edge.sdk.lineage.context import HERE, NOBODY, SAMPLED, Lineage, Place, leave
from trimtab.edge.sdk.runtime import HELD, Runtime
from trimtab.edge.sdk.span import MAX_TEXT, Span, text_of
from trimtab.edge.sdk.warn import nothing, safe, warn_once
from trimtab.edge.sdk.words import KINDS, NAMED, OPERATIONS, USAGE, attribute_of, wrong_word

UNNAMED = "_OTHER"
"""What OpenTelemetry calls an error without a type."""
INCLUSIVE = ("input", "output")
"""The tokens that hold all others."""
NO_ERROR = (GeneratorExit, SystemExit)
"""What ends a step without having gone wrong."""
Token_ = Token[Place | None]


class Step:
    """One unit of work, from `with` to its end; without `init` it does nothing."""

    __slots__ = (
        "_beside",
        "_kind",
        "_lineage",
        "_name",
        "_parent",
        "_runtime",
        "_span",
        "_theirs",
        "_token",
        "_words",
    )

    def __init__(self, runtime: Runtime | None, kind: str, name: str, words: dict[str, Any]) -> None:
        """Know what it is called; it begins with `with`."""
        self._runtime, self._kind, self._name, self._words = runtime, kind, name, words
        self._span: Span | None = None
        self._token: Token_ | None = None
        self._theirs: Any = None
        self._lineage: Lineage | None = None
        self._parent: Place | None = None
        self._beside = False

    def belongs(self, lineage: Lineage, parent: Place | None) -> None:
        """Before it begins: whose step it is, and below which one."""
        self._lineage, self._parent = lineage, parent

    def beside(self) -> Self:
        """Before it begins: let what happens within it not be below it."""
        self._beside = True
        return self

    @safe(nothing)
    def set(self, **words: object) -> None:
        """Tell more of it: model, provider, tool, input, output, finish, schema_ok, handoff; any other name stays as it is."""
        if self._span is not None:
            for word, value in words.items():
                self._span.tell(attribute_of(self._kind, word), value)

    @safe(nothing)
    def usage(self, **tokens: int | None) -> None:
        """Tell tokens: input and output, and of these cache_read, cache_write and reasoning."""
        if self._span is None:
            return
        for word, count in tokens.items():
            if word not in USAGE:
                warn_once(wrong_word("the usage", word, tuple(USAGE)))
            elif (whole := count_of(count)) is not None:
                self._span.tell(USAGE[word], whole)
            elif count is not None:
                warn_once(f"the usage {word}={str(count)[:60]!r} is no count of tokens: it stays unknown")
        if self._runtime is not None and self._runtime.contract is not None:
            total = sum(count_of(tokens.get(word)) or 0 for word in INCLUSIVE)
            self._runtime.contract.used(self._span.place.lineage, total)

    @safe(nothing)
    def error(self, kind: str, message: str = "") -> None:
        """Tell that it failed, where no exception says so: a tool that answered with an error."""
        if self._span is not None:
            self._span.fail(text_of(kind) or UNNAMED, text_of(message, MAX_TEXT))

    def __enter__(self) -> Self:
        """Begin."""
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; an exception goes on its way and is told of."""
        self._end(error)

    async def __aenter__(self) -> Self:
        """Begin."""
        self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; an exception goes on its way and is told of."""
        self._end(error)

    @safe(nothing)
    def _begin(self) -> None:
        runtime = self._runtime
        if runtime is None or self._span is not None:
            return
        self._span = span = begin(runtime, self._kind, self._name, self._parent, self._lineage)
        for word, value in self._words.items():
            span.tell(attribute_of(self._kind, word), value)
        if not self._beside:
            self._token = HERE.set(span.place)
            self._theirs = bridge.attach(span.place)

    @safe(nothing)
    def _end(self, error: BaseException | None) -> None:
        span, runtime = self._span, self._runtime
        if span is None or runtime is None:
            return
        token, self._token = self._token, None
        if token is not None:
            bridge.detach(self._theirs)
            leave(token)
        if error is not None and span.error is None and not isinstance(error, NO_ERROR):
            span.fail(type(error).__name__, said_by(error))
        span.end(runtime.clock.now_ns())
        runtime.hand_on(span)


def count_of(value: object) -> int | None:
    """A count of tokens, also one of numpy's; None where it is none."""
    try:
        found = index(value)  # type: ignore[arg-type] - that is the question
    except TypeError:
        return None
    return None if found < 0 or isinstance(value, bool) else found


@safe(str)
def said_by(error: BaseException) -> str:
    """The message of an exception."""
    return str(error)


def begin(
    runtime: Runtime, kind: str, name: str, parent: Place | None, lineage: Lineage | None = None
) -> Span:
    """Begin a step below `parent`, else below the one we are in."""
    above = parent or bridge.current(HERE.get())
    if lineage is None:
        lineage = NOBODY if above is None else above.lineage
        if kind == "agent" and name:
            lineage = replace(lineage, agent=name)
    span_id = runtime.new_id(8)
    if above is None:
        place, parent_id = Place(runtime.new_id(16), span_id, SAMPLED, "", lineage), ""
    else:
        place, parent_id = Place(above.trace_id, span_id, above.flags, above.state, lineage), above.span_id
    now_ns = runtime.clock.now_ns()
    span = Span(kind, name, place, parent_id, born=runtime.generation, now_ns=now_ns)
    if name and kind in NAMED:
        span.attributes[NAMED[kind]] = name
    return span


def name_of(span: Span) -> str:
    """What a step is called in a trace, as OpenTelemetry's conventions want it."""
    operation = OPERATIONS[span.kind] or span.kind
    model = span.attributes.get("gen_ai.request.model", "")
    if span.kind in NAMED:
        return f"{operation} {span.name}".strip()
    return span.name or f"{operation} {model}".strip()


@safe(lambda: Step(None, "other", "", {}))
def step(kind: str = "other", name: str = "", **words: Any) -> Step:
    """One unit of the agent's work: plan, llm, retrieve, rerank, embedding, tool, guardrail, agent, workflow, memory, other.

    `name` is what is called (the tool, the agent) or what is done; `words` are those of `Step.set`.
    """
    kind, name = text_of(kind), text_of(name)
    if kind not in OPERATIONS:
        warn_once(wrong_word("the step", kind, KINDS))
        kind, name = "other", name or kind
    return Step(HELD.runtime, kind, name, words)
