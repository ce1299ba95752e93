"""The same suites on PostgreSQL, where TRIMTAB_TEST_POSTGRES holds the URL of an empty database for them."""

import itertools
import os

import sqlalchemy as sa

POSTGRES = [url] if (url := os.environ.get("TRIMTAB_TEST_POSTGRES", "")) else []
NUMBERS = itertools.count()


def new_schema(url: str) -> str:
    """The URL of a schema with nothing in it."""
    name = f"t{os.getpid()}_{next(NUMBERS)}"
    engine = sa.create_engine(url)
    with engine.begin() as con:
        con.execute(sa.text(f"create schema {name}"))
    engine.dispose()
    return f"{url}?options=-csearch_path%3D{name}"
