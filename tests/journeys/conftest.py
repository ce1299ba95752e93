"""A Trimtab of its own for each module, driven as a user drives it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from trimtab.app.cli.main import app


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a module."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def trimtab(data_folder: Path) -> Callable[..., Any]:
    """Run a command against the data folder; gives its JSON."""
    runner = CliRunner()

    def run(*arguments: str | Path) -> Any:
        env = {**os.environ, "TRIMTAB_DATA": str(data_folder)}
        result = runner.invoke(app, [*map(str, arguments), "--json"], env=env, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return orjson.loads(result.stdout)

    return run
