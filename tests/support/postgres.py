"""The same suites on a real PostgreSQL: one of this machine, or that of TRIMTAB_TEST_POSTGRES."""

import itertools
import os

import psycopg
import pytest
from tests.support.servers import shared_postgres

POSTGRES = [pytest.param("postgres", marks=pytest.mark.full)]
NUMBERS = itertools.count()


def new_schema() -> str:
    """The URL of a schema with nothing in it, as libpq reads it."""
    name = f"t{os.getpid()}_{next(NUMBERS)}"
    url = shared_postgres()
    with psycopg.connect(url, autocommit=True) as con:
        con.execute(f"create schema {name}")
    return f"{url}?options=-csearch_path%3D{name}"


def new_state() -> str:
    """The same, as SQLAlchemy reads it."""
    return new_schema().replace("postgresql:", "postgresql+psycopg:")
