"""A tool that is a command: arguments as JSON on its input, the result as JSON on its output.

| exit code | says |
|---|---|
| 0 | done; the output is the result |
| 64 (EX_USAGE), 65 (EX_DATAERR) | no, and nothing happened |
| 69 (EX_UNAVAILABLE) | it never left: what it needs cannot be reached |
| 75 (EX_TEMPFAIL) | nothing happened; ask again later |
| any other, a signal, no JSON, too much | nobody knows |
"""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.edge.runtime.deadline import VARIABLE
from trimtab.edge.runtime.errors import Busy, Failed, NotSent
from trimtab.edge.runtime.model import Context
from trimtab.edge.runtime.sandbox.aside import Aside
from trimtab.edge.runtime.sandbox.confine import Confine, Means, Place, launcher, means_for, user_for_commands
from trimtab.edge.runtime.sandbox.limits import Limits
from trimtab.edge.runtime.sandbox.process import Bounds, Ended, Process, Start, Stopped, TooMuch
from trimtab.vocabulary.kernel import Clock, Invalid, SystemClock

PATH = "/usr/local/bin:/usr/bin:/bin"
LAST_WORDS = 300
NO, NEVER_LEFT, LATER = (64, 65), 69, 75


class Command:
    """A function for the runtime made from a command line: a list of words, never given to a shell.

    It runs in an empty folder that is removed afterwards, sees no variable of ours but what `environment` names, and has no
    network unless `network` says so. `confine` is `always` (refuse where the machine cannot), `where_possible` or `never`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        limits: Limits | None = None,
        network: bool = False,
        confine: Confine = "always",
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Find the program and the means to confine it; raises `Invalid` where either is missing."""
        if isinstance(argv, str) or not argv:
            raise Invalid("a command is a list of words", hint='["refund", "--json"]')
        program = shutil.which(argv[0])
        if program is None:
            raise Invalid(f"there is no program {argv[0]!r}", hint="give its path")
        self._argv = [os.path.abspath(program), *argv[1:]]  # noqa: PTH100 - links stay: a venv's python is one
        self._limits = limits or Limits()
        self._network = network
        self._environment = dict(environment or {})
        self._clock = clock or SystemClock()
        self._user = user_for_commands()
        self._means: Means = means_for(confine, self._user)

    @property
    def means(self) -> Means:
        """How it is confined: bubblewrap, unshare or none."""
        return self._means

    def __call__(self, args: Mapping[str, Any], context: Context) -> Any:
        """Run it until the deadline at the most; nothing that it started is left."""
        return Aside(lambda stop: self._run(args, context, stop)).wait()

    async def acall(self, args: Mapping[str, Any], context: Context) -> Any:
        """Run it beside the event loop; cancelled, it is gone before the caller goes on."""
        return await Aside(lambda stop: self._run(args, context, stop)).wait_async()

    def _run(self, args: Mapping[str, Any], context: Context, stop: int) -> Any:
        left_s = (context.deadline_ns - self._clock.now_ns()) / 1e9
        if left_s <= 0:
            raise NotSent("there is no time left")
        text = json.dumps(dict(args)).encode()
        with tempfile.TemporaryDirectory(prefix="trimtab-tool-", ignore_cleanup_errors=True) as folder:
            if self._user is not None:
                os.chown(folder, self._user, self._user)
            bounds = Bounds(
                left_s=left_s,
                output_bytes=self._limits.output_bytes,
                grace_s=self._limits.grace_s,
                stop=stop,
            )
            try:
                process = Process(self._start(context, folder), bounds)
            except OSError as error:
                raise NotSent(f"{self._argv[0]} cannot be started: {error}") from error
            try:
                return result_of(process.run(text))
            except TooMuch:
                raise ValueError(
                    f"it said more than {self._limits.output_bytes} bytes and was ended"
                ) from None
            except Stopped:
                raise TimeoutError("it was stopped") from None

    def _start(self, context: Context, folder: str) -> Start:
        place = Place(folder=folder, user=self._user, network=self._network)
        return Start(
            launcher=launcher(self._means, place, self._limits),
            command=self._argv,
            environment=self._variables(context, folder),
            folder=folder,
            user=self._user,
            nested=self._means != "none",
        )

    def _variables(self, context: Context, folder: str) -> dict[str, str]:
        return {
            "PATH": PATH,
            "LANG": "C.UTF-8",
            "HOME": folder,
            "TMPDIR": folder,
            **self._environment,
            "TRIMTAB_TOOL": context.tool,
            "TRIMTAB_KEY": context.key,
            "TRIMTAB_ATTEMPT": str(context.attempt),
            "TRIMTAB_PREVIOUS": str(context.previous),
            VARIABLE: str(context.deadline_ns // 1_000_000),
        }


def result_of(ended: Ended) -> Any:
    """What a process that ended says happened; raises what a tool raises."""
    if ended.code == 0:
        try:
            return json.loads(ended.output) if ended.output.strip() else None
        except ValueError as error:
            raise ValueError(f"its output is no JSON: {ended.output[:100]!r}") from error
    message = f"{said(ended.code)}: {last_words(ended.errors)}".removesuffix(": ")
    if ended.code in NO:
        raise Failed(message)
    if ended.code == NEVER_LEFT:
        raise NotSent(message)
    if ended.code == LATER:
        raise Busy(message)
    raise RuntimeError(message)


def said(code: int) -> str:
    """An exit code in words; a launcher tells of a signal by 128 and its number."""
    number = -code if code < 0 else code - 128
    try:
        return f"ended by {signal.Signals(number).name}"
    except ValueError:
        return f"exit code {code}"


def last_words(errors: bytes) -> str:
    """The end of what it said about its errors, on one line."""
    return " ".join(errors.decode("utf-8", "replace").split())[-LAST_WORDS:]
