"""Contracts in files."""

from pathlib import Path
from typing import Annotated

import typer

from trimtab.vocabulary.kernel import Invalid

File = Annotated[Path, typer.Argument(help="A contract, one YAML file for each agent.")]


def text_of(path: Path) -> str:
    """The text of a file; raises `Invalid`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"cannot read {path}: {error}", hint="check the name") from error
