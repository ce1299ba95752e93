"""Who performs the steps: a thread, or an event loop. Only here is anything waited for."""

import asyncio
import contextvars
import inspect
import queue
import socket
import threading
import time
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from functools import lru_cache, partial
from typing import Any, Literal, TypeVar, cast

from trimtab.edge.runtime.errors import Busy, Failed, NotSent
from trimtab.edge.runtime.model import Act, Consult, Function, Invoke, Reply, Sleep, Stoppable
from trimtab.vocabulary.kernel import Invalid

T = TypeVar("T")
Call = Coroutine[Any, Any, Any]
Way = Literal["loop", "itself", "thread"]
NEVER_LEFT = (NotSent, ConnectionRefusedError, socket.gaierror)


def reply_of(error: Exception) -> Reply:
    """What an error says about the call; of one that is not ours, nobody knows whether it happened."""
    message = f"{type(error).__name__}: {error}"[:400]
    if isinstance(error, Busy):
        return Reply(ending="busy", message=message, retry_after_s=error.retry_after_s, error=error)
    if isinstance(error, Failed):
        return Reply(ending="failed", message=message, error=error)
    never_left = isinstance(error, NEVER_LEFT)
    ending = "not_sent" if never_left else "timeout" if isinstance(error, TimeoutError) else "error"
    return Reply(ending=ending, message=message, error=error)


def way_of(function: Function) -> Way:
    """How a tool runs: on the event loop, in a way of its own, or in a thread."""
    try:
        return known_way(function)
    except TypeError:  # it has no hash
        return found_way(function)


def found_way(function: Function) -> Way:
    """How a tool runs, found out anew, which costs two microseconds."""
    if isinstance(function, Stoppable):
        return "itself"
    return "loop" if inspect.iscoroutinefunction(function) else "thread"


known_way = lru_cache(maxsize=1024)(found_way)


def function_of(functions: Mapping[str, Function], act: Invoke) -> Function:
    """The function behind a tool's name."""
    try:
        return functions[act.tool]
    except KeyError as error:
        said = f"there is no function for the tool {act.tool!r}"
        raise Invalid(said, hint="give it to the runtime, or define it with @trimtab.tool") from error


def drive(
    steps: Generator[Act, Reply | None, T],
    functions: Mapping[str, Function],
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Perform steps in this thread; a tool with a time limit that cannot keep it runs in a thread, which it may outlive."""
    try:
        act = next(steps)
        while True:
            try:
                reply = perform(act, functions, sleep)
            except BaseException as error:  # noqa: BLE001 - the steps clean up after whatever it is
                act = steps.throw(error)
            else:
                act = steps.send(reply)
    except StopIteration as stop:
        return cast("T", stop.value)


def perform(act: Act, functions: Mapping[str, Function], sleep: Callable[[float], None]) -> Reply | None:
    """Perform one step."""
    if not isinstance(act, Invoke):
        return pause(act, sleep)
    function = function_of(functions, act)
    way = way_of(function)
    if way == "loop":
        raise Invalid(f"{act.tool} is asynchronous", hint="use acall")
    if act.timeout_s is None or way == "itself":
        return attempt(function, act)
    box: queue.SimpleQueue[Reply] = queue.SimpleQueue()
    inside = contextvars.copy_context()
    threading.Thread(target=lambda: box.put(inside.run(attempt, function, act)), daemon=True).start()
    try:
        return box.get(timeout=act.timeout_s)
    except queue.Empty:
        return Reply(ending="timeout", message=f"no answer within {act.timeout_s:.3g} s")


def attempt(function: Function, act: Invoke) -> Reply:
    """Run a function once."""
    try:
        return Reply(ending="ok", value=function(act.args, act.context))
    except Exception as error:  # noqa: BLE001 - whatever a tool raises is its answer
        return reply_of(error)


async def drive_async(
    steps: Generator[Act, Reply | None, T],
    functions: Mapping[str, Function],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Perform steps on the event loop; a tool that is not asynchronous runs in a thread."""
    try:
        act = next(steps)
        while True:
            try:
                reply = await perform_async(act, functions, sleep)
            except BaseException as error:  # noqa: BLE001 - the steps clean up after whatever it is
                act = steps.throw(error)
            else:
                act = steps.send(reply)
    except StopIteration as stop:
        return cast("T", stop.value)


async def perform_async(
    act: Act, functions: Mapping[str, Function], sleep: Callable[[float], Awaitable[None]]
) -> Reply | None:
    """Perform one step."""
    if not isinstance(act, Invoke):
        return await wait_for(act, sleep)
    function = function_of(functions, act)
    limit: asyncio.Timeout | None = None
    try:
        match way_of(function):
            case "loop":
                call: Call = function(act.args, act.context)
            case "itself":
                call = cast("Stoppable", function).acall(act.args, act.context)
            case "thread":
                call = asyncio.to_thread(function, act.args, act.context)
        begun = begin(call)
        if isinstance(begun, Reply):
            return begun
        async with asyncio.timeout(act.timeout_s) as limit:
            return Reply(ending="ok", value=await rest_of(call, begun))
    except TimeoutError as error:
        if limit is not None and limit.expired():
            return Reply(ending="timeout", message=f"no answer within {act.timeout_s or 0:.3g} s")
        return reply_of(error)
    except Exception as error:  # noqa: BLE001 - whatever a tool raises is its answer
        return reply_of(error)


def pause(act: Sleep | Consult, sleep: Callable[[float], None]) -> Reply | None:
    """Wait, or ask somebody."""
    if isinstance(act, Sleep):
        return sleep(act.seconds)
    return Reply(ending="ok", value=act.ask())


async def wait_for(act: Sleep | Consult, sleep: Callable[[float], Awaitable[None]]) -> Reply | None:
    """Wait, or ask somebody in a thread."""
    if isinstance(act, Sleep):
        return await sleep(act.seconds)
    return Reply(ending="ok", value=await asyncio.to_thread(act.ask))


def begin(call: Call) -> Any:
    """Let a tool run until it first waits: what it waits for, or its reply. One that never waits needs no time limit."""
    try:
        return call.send(None)
    except StopIteration as done:
        return Reply(ending="ok", value=done.value)


@types.coroutine
def rest_of(call: Call, waited: Any) -> Generator[Any, Any, Any]:
    """What is left of a tool that has begun, as the event loop would have driven it."""
    step: Callable[[], Any]
    while True:
        try:
            sent = yield waited
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the tool's
            step = partial(call.throw, error)
        else:
            step = partial(call.send, sent)
        try:
            waited = step()
        except StopIteration as done:
            return done.value
