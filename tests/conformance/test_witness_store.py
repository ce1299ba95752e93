"""What every store of seen checkpoints does; the fake is the adapter in memory."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.postgres import POSTGRES, new_state

from trimtab.adapters.sql_state import SqlWitnessStore
from trimtab.loop.access import Seen
from trimtab.vocabulary.kernel import Conflict


@pytest.fixture(params=["memory", "sqlite", *POSTGRES])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[SqlWitnessStore]:
    kept = ":memory:" if request.param == "memory" else str(tmp_path / "state.sqlite")
    found = SqlWitnessStore(new_state() if request.param == "postgres" else kept)
    yield found
    found.close()


FIRST = Seen(project="p", origin="shop/a", size=10, root="ab" * 32, key="k", note="n\n", at_ns=1, follows=-1)
SECOND = replace(FIRST, size=25, follows=10, at_ns=2)
AGAINST = replace(FIRST, size=25, root="cd" * 32, follows=None, contradicts=True)


def test_the_last_that_contradicts_nothing_counts(store: SqlWitnessStore) -> None:
    assert store.latest("p", "shop/a") is None
    for one in (FIRST, AGAINST, SECOND, AGAINST):
        store.append(one)
    assert store.latest("p", "shop/a") == SECOND
    assert store.checkpoints("p", "shop/a") == [FIRST, AGAINST, SECOND, AGAINST]


def test_only_one_follows_another(store: SqlWitnessStore) -> None:
    store.append(FIRST)
    store.append(SECOND)
    for one in (replace(FIRST, size=11), replace(SECOND, size=30)):
        with pytest.raises(Conflict):
            store.append(one)
    assert store.checkpoints("p", "shop/a") == [FIRST, SECOND]


def test_logs_and_projects_are_apart(store: SqlWitnessStore) -> None:
    for one in (FIRST, SECOND, replace(FIRST, origin="shop/b"), replace(FIRST, project="q"), AGAINST):
        store.append(one)
    store.append(replace(AGAINST, origin="shop/c"))
    assert store.logs("p") == [SECOND, replace(FIRST, origin="shop/b")]
    assert store.logs("q") == [replace(FIRST, project="q")]
    assert store.checkpoints("q", "shop/b") == []
