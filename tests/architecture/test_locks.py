"""The locks pin every package by hash and name no registry, so they hold behind any mirror."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-container.lock",
    "requirements-build.lock",
)


def faults(lock: str) -> Iterator[str]:
    if "://" in lock:
        yield "names a host"
    if "-index" in lock or "--find-links" in lock:
        yield "names an index"
    for requirement in lock.replace("\\\n", " ").splitlines():
        if requirement.strip() and not requirement.startswith("#"):
            if "==" not in requirement:
                yield f"{requirement.split()[0]}: no exact version"
            if "--hash=sha256:" not in requirement:
                yield f"{requirement.split()[0]}: no hash"


def versions(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_lock_is_sound(root: Path, name: str) -> None:
    assert list(faults((root / name).read_text(encoding="utf-8"))) == []


def test_tests_run_on_what_is_shipped(root: Path) -> None:
    runtime, dev, container, build = (versions((root / name).read_text(encoding="utf-8")) for name in LOCKS)
    assert runtime.items() <= dev.items()
    assert container.items() | build.items() <= dev.items()
    assert runtime.items() <= container.items() | build.items()


def test_what_builds_the_image_does_not_run_in_it(root: Path) -> None:
    container, build = (versions((root / name).read_text(encoding="utf-8")) for name in LOCKS[2:])
    assert "hatchling" in build
    assert "hatchling" not in container


def test_every_dependency_is_locked(root: Path) -> None:
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[^\w.-]", line)[0].lower().replace("_", "-") for line in project["dependencies"]}
    assert wanted - set(versions((root / LOCKS[0]).read_text(encoding="utf-8"))) == set()


@pytest.mark.parametrize(
    "lock",
    [
        "a @ https" + "://files.example/a.whl \\\n    --hash=sha256:00\n",
        "--index-url x\na==1 --hash=sha256:00\n",
        "a==1\n",
        "a>=1 --hash=sha256:00\n",
    ],
)
def test_a_fault_is_noticed(lock: str) -> None:
    assert list(faults(lock))
