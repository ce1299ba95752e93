"""A contract in a file, with the schemas that lie beside it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from trimtab.vocabulary.contract.document.read import read_contract
from trimtab.vocabulary.contract.model import Contract
from trimtab.vocabulary.kernel import Invalid


class Beside(Mapping[str, str]):
    """The JSON files of a folder by name; only what a contract names is read."""

    def __init__(self, folder: Path) -> None:
        """Look into a folder."""
        self._paths = {one.name: one for one in sorted(folder.glob("*.json"))}

    def __getitem__(self, name: str) -> str:
        """The text of a file."""
        return text_at(self._paths[name])

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._paths)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._paths)


def contract_at(path: Path) -> Contract:
    """The contract of a file; raises `Invalid` where it cannot be read, and with every problem where it is none."""
    return read_contract(text_at(path), file=str(path), schemas=Beside(path.parent))


def text_at(path: Path) -> str:
    """The text of a file; raises `Invalid`."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"cannot read {path}: {error}", hint="check the name") from error
