"""Contracts in files."""

from pathlib import Path
from typing import Annotated

import typer

from trimtab.vocabulary.contract import Contract, read_contract
from trimtab.vocabulary.kernel import Invalid

File = Annotated[Path, typer.Argument(help="A contract, one YAML file for each agent.")]


def text_of(path: Path) -> str:
    """The text of a file; raises `Invalid`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"cannot read {path}: {error}", hint="check the name") from error


def contract_at(path: Path) -> Contract:
    """The contract of a file, with the schemas that lie beside it; raises `Invalid` with every problem."""
    schemas = (
        {one.name: text_of(one) for one in sorted(path.parent.glob("*.json"))} if path.parent.is_dir() else {}
    )
    return read_contract(text_of(path), file=str(path), schemas=schemas)
