"""Who performs the steps: a thread, or an event loop. Only here is anything waited for."""

import asyncio
import contextvars
import inspect
import queue
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, TypeVar, cast

from trimtab.edge.runtime.errors import Busy, Failed, NotSent
from trimtab.edge.runtime.model import Act, Function, Invoke, Reply, Sleep, Stoppable
from trimtab.vocabulary.kernel import Invalid

T = TypeVar("T")
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


def function_of(functions: Mapping[str, Function], act: Invoke) -> Function:
    """The function behind a tool's name."""
    if act.tool not in functions:
        raise Invalid(f"there is no function for the tool {act.tool!r}", hint="give it to the runtime")
    return functions[act.tool]


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
    if isinstance(act, Sleep):
        sleep(act.seconds)
        return None
    function = function_of(functions, act)
    if inspect.iscoroutinefunction(function):
        raise Invalid(f"{act.tool} is asynchronous", hint="use acall")
    if act.timeout_s is None or isinstance(function, Stoppable):
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
    if isinstance(act, Sleep):
        await sleep(act.seconds)
        return None
    function = function_of(functions, act)
    limit = asyncio.timeout(act.timeout_s)
    try:
        async with limit:
            if isinstance(function, Stoppable):
                value: Any = await function.acall(act.args, act.context)
            elif inspect.iscoroutinefunction(function):
                value = await function(act.args, act.context)
            else:
                value = await asyncio.to_thread(function, act.args, act.context)
        return Reply(ending="ok", value=value)
    except TimeoutError as error:
        if limit.expired():
            return Reply(ending="timeout", message=f"no answer within {act.timeout_s or 0:.3g} s")
        return reply_of(error)
    except Exception as error:  # noqa: BLE001 - whatever a tool raises is its answer
        return reply_of(error)
