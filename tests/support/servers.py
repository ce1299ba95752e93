"""Servers of others on a free port of this machine, in a folder of their own, for as long as the tests run."""

import atexit
import contextlib
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis
from tests.support.server import HOST, free_port

START_TIMEOUT_S = 60.0


class Running:
    """A server that can be killed and started again over the same folder."""

    def __init__(self, command: Callable[[Path, int], list[str]], ready: Callable[[int], None]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="trimtab-server-"))
        self.port = free_port()
        self._command, self._ready = command, ready
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:  # PostgreSQL refuses to run as root
            os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, -1)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Running":
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command(self.folder, self.port),
                stdout=log,
                stderr=log,
                user=self.user,
                group=pwd.getpwnam(self.user).pw_gid if self.user else None,
                extra_groups=[] if self.user else None,
                cwd=self.folder,
            )
        atexit.register(self.stop)
        end = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self._ready(self.port)
            except (OSError, psycopg.OperationalError, redis.RedisError) as error:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from error
                time.sleep(0.05)
            else:
                return self

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> None:
        atexit.unregister(self.stop)
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def new_postgres() -> Running:
    """A PostgreSQL of its own, with one database that anybody of this machine may use."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    programs = found[-1].parent

    def command(folder: Path, port: int) -> list[str]:
        listen = ["-h", HOST, "-p", str(port), "-k", str(folder)]
        return [str(programs / "postgres"), "-D", str(folder / "data"), *listen]

    def ready(port: int) -> None:
        psycopg.connect(postgres_url(port), connect_timeout=5).close()

    running = Running(command, ready)
    make = [str(programs / "initdb"), "-D", "data", "-A", "trust", "-U", "trimtab", "-E", "UTF8", "--no-sync"]
    user = {"user": running.user, "extra_groups": []} if running.user else {}
    subprocess.run(make, cwd=running.folder, check=True, capture_output=True, **user)
    return running.start()


def new_redis(*settings: str, durable: bool = True) -> Running:
    """A Redis of its own, that writes before it answers unless told otherwise."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs Redis: apt-get install redis-server")
    aof = ["--appendonly", "yes", "--appendfsync", "always"] if durable else ["--appendonly", "no"]

    def command(folder: Path, port: int) -> list[str]:
        where = ["--port", str(port), "--bind", HOST, "--dir", str(folder)]
        return [program, *where, "--save", "", *aof, *settings]

    def ready(port: int) -> None:
        with redis.Redis(port=port) as client:
            client.ping()

    return Running(command, ready).start()


def postgres_url(port: int) -> str:
    return f"postgresql://trimtab@{HOST}:{port}/postgres"


def redis_url(port: int) -> str:
    return f"redis://{HOST}:{port}/0"


@functools.cache
def shared_postgres() -> str:
    """The URL of the PostgreSQL of this test process; TRIMTAB_TEST_POSTGRES names one that runs already."""
    given = os.environ.get("TRIMTAB_TEST_POSTGRES", "")
    return given.replace("+psycopg", "") if given else postgres_url(new_postgres().port)


@functools.cache
def shared_redis() -> str:
    """The URL of the Redis of this test process."""
    return redis_url(new_redis().port)
