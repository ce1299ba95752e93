"""Constants of the trade: they are data, beside the code that reads them."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml


@lru_cache(maxsize=4)
def trade(file: str) -> Any:
    """A data file of this context."""
    text = files("trimtab.loop.budget").joinpath(file).read_text(encoding="utf-8")
    return yaml.load(text, yaml.CSafeLoader)
