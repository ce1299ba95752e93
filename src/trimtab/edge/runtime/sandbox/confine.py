"""What this machine can do to confine a command: bubblewrap, else namespaces by unshare, else nothing.

Both give it no network and a world of processes that ends with it. bubblewrap also makes the file system read-only and
hides sockets and what others left in /tmp. Containers often forbid both; only trying tells.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trimtab.edge.runtime.sandbox.limits import Limits
from trimtab.vocabulary.kernel import Invalid

Confine = Literal["always", "where_possible", "never"]
Means = Literal["bubblewrap", "unshare", "none"]
NOBODY = 65_534
TRIAL_S = 10
HINT = (
    "install bubblewrap and allow user namespaces (a container's seccomp profile, user.max_user_namespaces),"
    " or say confine='where_possible' and trust the command"
)

FIRST = ("/bin/sh", "-c", '"$@"; exit $?', "sh")
"""The first process of a world hears no signals: the command is not to be it. The shell only starts the words it is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command runs: as whom (None: as we are), and whether it may use the network."""

    folder: str
    user: int | None
    network: bool


def user_for_commands() -> int | None:
    """As whom commands run: as nobody where we are root, whom limits do not bind; else as we are."""
    return NOBODY if os.geteuid() == 0 else None


def bubblewrap(place: Place) -> list[str]:
    """The words before a command that put it into a bubblewrap."""
    return [
        needed("bwrap"),
        *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *([] if place.network else ["--unshare-net"]),
        *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"),  # noqa: S108 - it is emptied, not used
        *("--bind", place.folder, place.folder, "--chdir", place.folder, "--"),
    ]


def unshare(place: Place) -> list[str]:
    """The words before a command that give it namespaces of its own."""
    spaces = ["--user", "--pid", "--ipc", *([] if place.network else ["--net"])]
    return [*tied(), needed("unshare"), *spaces, "--fork", "--kill-child=KILL", "--", *FIRST]


def tied() -> list[str]:
    """The words before a command that end it when we die, and let it gain no rights."""
    return [needed("setpriv"), "--pdeathsig", "KILL", "--no-new-privs", "--"]


PREFIXES: dict[Means, Callable[[Place], list[str]]] = {"bubblewrap": bubblewrap, "unshare": unshare}


def launcher(means: Means, place: Place, limits: Limits) -> list[str]:
    """All words before a command. In a namespace only its own tasks count against its limit."""
    prlimit = needed("prlimit")
    if means == "none":
        return [*tied(), *limits.launcher(prlimit, tasks_of(place.user))]
    return [*PREFIXES[means](place), *limits.launcher(prlimit, 2)]


def means_for(confine: Confine, user: int | None) -> Means:
    """How commands are confined here; raises `Invalid` where they must be and cannot be."""
    if confine == "never":
        return "none"
    means, why = found(os.environ.get("PATH", os.defpath), user)
    if means == "none" and confine == "always":
        raise Invalid(f"this machine cannot confine a command: {why}", hint=HINT, code="no_sandbox")
    return means


@functools.lru_cache
def found(_path: str, user: int | None) -> tuple[Means, str]:
    """The best means of this machine and why not a better one; tried once for each PATH, where programs are found."""
    faults: list[str] = []
    for means, prefix in PREFIXES.items():
        try:
            fault = trial([*prefix(Place(folder="/", user=user, network=False)), needed("true")], user)
        except (Invalid, OSError, subprocess.SubprocessError) as error:
            fault = str(error)
        if not fault:
            return means, "; ".join(faults)
        faults.append(f"{means}: {fault}")
    return "none", "; ".join(faults)


def trial(command: list[str], user: int | None) -> str:
    """What is wrong with a command; "" where it works."""
    done = subprocess.run(  # noqa: S603 - words of ours
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=TRIAL_S,
        stdin=subprocess.DEVNULL,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    return "" if done.returncode == 0 else done.stderr.strip()[-200:] or f"exit code {done.returncode}"


def needed(program: str) -> str:
    """The path of a program; raises `Invalid` where it is not installed."""
    path = shutil.which(program)
    if path is None:
        raise Invalid(
            f"{program} is not installed", hint="commands need Linux with util-linux", code="no_sandbox"
        )
    return path


def tasks_of(user: int | None) -> int:
    """How many threads of a user run now, as far as we may see."""
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == (os.getuid() if user is None else user):
                    count += sum(1 for _ in (entry / "task").iterdir())
            except OSError:
                continue
    return count
