"""What kind of error a step ended with: a small taxonomy, kept as data."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import cast

import orjson


@lru_cache(maxsize=1)
def taxonomy() -> list[tuple[str, re.Pattern[str]]]:
    """Classes and the patterns that name them, in the order in which they are tried."""
    raw = files("trimtab.vocabulary.trace").joinpath("taxonomy.json").read_bytes()
    rows = cast("list[dict[str, str]]", orjson.loads(raw))
    return [(row["class"], re.compile(row["pattern"], re.IGNORECASE)) for row in rows]


@lru_cache(maxsize=4096)
def error_class(error_type: str, message: str) -> str:
    """The class of an error; `other` where no pattern knows it."""
    said = f"{error_type} {message}"
    return next((name for name, pattern in taxonomy() if pattern.search(said)), "other")
