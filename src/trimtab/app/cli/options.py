"""Options that many commands share, and what they do with them."""

import contextlib
import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from trimtab.app.cli.desk import Desk, open_desk
from trimtab.app.settings import Settings
from trimtab.vocabulary.kernel import Invalid

Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder [default: TRIMTAB_DATA or the user's].")
]
Project = Annotated[str | None, typer.Option("--project", help="Project [default: default].")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]
Where = Annotated[list[str] | None, typer.Option("--where", help="Cohort, as NAME=VALUE; repeatable.")]
Files = Annotated[list[Path], typer.Option("-f", "--file", help="A file or folder of documents; repeatable.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it [default: you].")]
Since = Annotated[
    str | None, typer.Option("--since", help="30m, 12h, 7d, or a time as 2026-01-31T12:00:00Z.")
]


def desk_of(data: Path | None, project: str | None) -> contextlib.AbstractContextManager[Desk]:
    """The desk of a command."""
    return open_desk(Settings.read(data=data), project)


def print_json(value: object) -> None:
    """JSON on standard output."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def files_in(places: list[Path]) -> dict[str, str]:
    """The YAML files that are named, or in folders that are; by name. Raises `Invalid` where there are none."""
    found: dict[str, str] = {}
    for place in places:
        listed = sorted(place.rglob("*.y*ml")) if place.is_dir() else [place]
        for path in listed:
            try:
                found[str(path)] = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise Invalid(f"cannot read {path}: {error}", hint="check the name") from error
    if not found:
        raise Invalid(
            f"no YAML file in {', '.join(map(str, places))}",
            hint="`trimtab init slo` proposes one; name files or folders with -f",
        )
    return found


def whoami() -> str:
    """The name of whoever is at the terminal: TRIMTAB_USER, else the user of the system."""
    try:
        return os.environ.get("TRIMTAB_USER") or getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def cohort(where: list[str] | None, agent: str | None = None) -> dict[str, str]:
    """The cohort that --where and --agent name."""
    found = {"agent": agent} if agent else {}
    for term in where or []:
        name, equals, value = term.partition("=")
        if not equals:
            raise Invalid(f"--where {term}: no '='", hint="for example --where tenant=acme")
        found[name] = value
    return found
