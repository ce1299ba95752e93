"""What deploys Trimtab names only commands, options, settings and files that there are; systemd and its rules let the server live."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from tests.support.bodies import good
from tests.support.server import TRIMTAB, serving

from trimtab.app.cli.main import app
from trimtab.app.settings import CONVERT, Settings

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "trimtab.service"
COMPOSE = ("compose.yaml", "compose.postgres.yaml")
VARIABLE = re.compile(r"\bTRIMTAB_[A-Z_]+[A-Z]\b")
EXPOSURE = 20
"""systemd's measure of what a service may do, in tenths: 0 to 100."""


def settings() -> set[str]:
    names = {f"TRIMTAB_{name.upper()}" for name in CONVERT} | {"TRIMTAB_DATA"}
    return names | {f"{one}_FILE" for one in names}


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in COMPOSE:
        yield name, yaml.safe_load((DEPLOY / name).read_text())


def commands() -> Iterator[list[str]]:
    """Every `trimtab ...` that is started."""
    for line in UNIT.read_text().splitlines():
        if line.startswith("ExecStart="):
            yield shlex.split(line.removeprefix("ExecStart="))
    (run,) = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    yield yaml.safe_load(run)
    for _, document in documents():
        yield from [one["command"] for one in document["services"].values() if "command" in one]


def test_commands_and_their_options_exist() -> None:
    root: Any = typer.main.get_command(app)
    found = list(commands())
    assert len(found) == 3
    for program, name, *words in found:
        assert Path(program).name == "trimtab"
        flags = {flag for one in root.commands[name].params for flag in one.opts}
        assert [word for word in words if word.startswith("--") and word not in flags] == []


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda one: one.name)
def test_settings_exist(path: Path) -> None:
    if path.is_file():
        assert set(VARIABLE.findall(path.read_text())) - settings() == set()


def test_data_is_in_one_place() -> None:
    """The folder of the command is the one that is kept."""
    unit, container = UNIT.read_text(), (DEPLOY / "Containerfile").read_text()
    assert "serve --data /var/lib/trimtab\n" in unit
    assert "\nStateDirectory=trimtab\n" in unit
    assert "VOLUME /data" in container
    service = dict(documents())["compose.yaml"]["services"]["trimtab"]
    assert service["volumes"] == ["data:/data"]
    assert service["command"][:4] == ["trimtab", "serve", "--data", "/data"]


def test_containers_listen_on_this_machine_and_may_do_little() -> None:
    for name, document in documents():
        for service in document["services"].values():
            assert all(str(one).startswith("127.0.0.1:") for one in service.get("ports", ())), name
            assert "privileged" not in service
    trimtab = dict(documents())["compose.yaml"]["services"]["trimtab"]
    assert trimtab["read_only"] is True
    assert trimtab["cap_drop"] == ["ALL"]


def test_what_is_named_is_there() -> None:
    service = dict(documents())["compose.yaml"]["services"]["trimtab"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    more = dict(documents())["compose.postgres.yaml"]
    for service in more["services"].values():
        assert set(service.get("secrets", ())) <= set(more["secrets"])
        for name, value in service.get("environment", {}).items():
            if name.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    volumes = {name for _, one in documents() for name in one.get("volumes", ())}
    used = {
        v.split(":")[0]
        for _, one in documents()
        for s in one["services"].values()
        for v in s.get("volumes", ())
    }
    assert used == volumes
    assert copied()
    assert all((ROOT / one).exists() for one in copied())


CONTAINERFILE = (DEPLOY / "Containerfile").read_text()


def copied() -> set[str]:
    """What the image takes from this folder."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE)
    return {one for line in lines for one in line.split()}


def test_only_what_the_image_takes_is_sent_to_its_builder() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == copied()


def test_the_image_says_which_release_it_is_and_on_which_ports_it_listens() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', CONTAINERFILE))
    assert (labels["version"], labels["licenses"], labels["description"]) == (
        project["version"],
        project["license"],
        project["description"],
    )
    (ports,) = re.findall(r"^EXPOSE (.+)$", CONTAINERFILE, re.MULTILINE)
    standard = Settings(data=Path("/data"))
    assert {int(one) for one in ports.split()} == {standard.http_port, standard.grpc_port}
    published = dict(documents())["compose.yaml"]["services"]["trimtab"]["ports"]
    assert {one.split(":", 1)[1] for one in published} == {f"{one}:{one}" for one in ports.split()}


def test_the_user_is_a_number_that_is_not_root() -> None:
    """Kubernetes refuses a user by name where it asks for one that is not root."""
    (user,) = re.findall(r"^USER (.+)$", CONTAINERFILE, re.MULTILINE)
    assert all(int(one) >= 10_000 for one in user.split(":"))


def test_passwords_are_not_in_the_files() -> None:
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text()
    for name in COMPOSE:
        assert not re.search(r"PASSWORD: *\S", (DEPLOY / name).read_text())


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with the program of this checkout."""
    found = tmp_path / UNIT.name
    found.write_text(UNIT.read_text().replace("/opt/trimtab/bin/trimtab", TRIMTAB))
    return found


@pytest.mark.full
def test_systemd_takes_the_unit_and_finds_it_safe(unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    rated = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", unit]
    done = subprocess.run(rated, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-500:]


def allowed() -> set[str]:
    """The calls of the system that the unit's filter lets through."""
    found: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.+)$", UNIT.read_text(), re.MULTILINE):
        names = {name for group in line.strip("~").split() for name in calls_of(group)}
        found = found - names if line.startswith("~") else found | names
    return found


def calls_of(group: str) -> set[str]:
    if not group.startswith("@"):
        return {group}
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    )
    lines = [line.strip() for line in told.stdout.splitlines()[1:]]
    return {name for one in lines if one and not one.startswith("#") for name in calls_of(one)}


@pytest.mark.full
def test_a_server_needs_no_call_that_the_unit_forbids(tmp_path: Path) -> None:
    assert shutil.which("strace")
    trace = tmp_path / "calls"
    prefix = ("strace", "-f", "-qq", "-o", str(trace))
    with serving(tmp_path / "data", prefix=prefix) as served:
        assert served.send(good(1, 200)).status == 200
        served.settle()
        assert served.request("GET", "/api/v1/sli").status == 200
        served.end(signal.SIGTERM)
    called = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE))
    assert len(called) > 40
    assert sys.platform == "linux"
    assert called - allowed() == set()
