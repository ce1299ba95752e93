"""A real Alertmanager, where the machine has one."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BINARY = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def until(found: Callable[[], Any]) -> Any:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if value := found():
                return value
        except OSError:
            pass
        time.sleep(0.05)
    pytest.fail("it did not come to that within 60 s")


@contextmanager
def running(config: str, folder: Path) -> Generator[str]:
    """The address of one that runs with a configuration, for as long as the block lasts."""
    (folder / "config.yml").write_text(config)
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        str(BINARY),
        f"--config.file={folder / 'config.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: get(f"{url}/api/v2/status"))
        yield url
    finally:
        process.terminate()
        process.wait(60)
