"""The query door: users' SQL sees the views of one project, and no file, setting, other table or other project."""

import time
from pathlib import Path

import pytest
from tests.support.bodies import good
from tests.support.server import Inside

from trimtab.adapters.duckdb_analytics import analytics

SECRET = "the-text-of-a-file-on-the-server"


@pytest.fixture(scope="module", autouse=True)
def others(door: Inside) -> None:
    """A span of ours, and three of another project."""
    assert door.call("keys", {"name": "x", "scopes": "ingest", "new_project": "other"}).status_code == 200
    assert door.send(good(1)).status_code == 200
    assert door.send(good(100, 3), x_trimtab_project="other").status_code == 200
    door.settle()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of the server's machine."""
    found = tmp_path / "secret.csv"
    found.write_text(f"a\n{SECRET}\n")
    return found


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries may take a fifth of a second here, not half a minute."""
    monkeypatch.setattr(analytics, "QUERY_TIMEOUT_S", 0.2)


REFUSED = {
    "read_csv": "select * from read_csv('{file}')",
    "read_csv_auto": "select * from read_csv_auto('{file}')",
    "read_text": "select * from read_text('{file}')",
    "read_blob": "select * from read_blob('{file}')",
    "read_json": "select * from read_json('{file}')",
    "read_parquet": "select * from read_parquet('{file}')",
    "parquet_metadata": "select * from parquet_metadata('{file}')",
    "sniff_csv": "select * from sniff_csv('{file}')",
    "glob": "select * from glob('/*')",
    "a file as a table": "select * from '{file}'",
    "a file as a name": 'select * from "{file}"',
    "a file in a subquery": "select (select count(*) from '{file}')",
    "a file in a CTE": "with x as (select * from '{file}') select * from x",
    "a file behind a CTE of its name": 'select * from "{file}", (with "{file}" as (select 1 as b) select b from "{file}")',
    "a file in a lateral join": "select * from steps, lateral (select * from '{file}')",
    "a file in a set operation": "select name from steps union all select * from '{file}'",
    "a file in an expression": "select exists (select * from read_text('{file}'))",
    "query": "select * from query('select * from read_text(''{file}'')')",
    "query_table": "select * from query_table('meta')",
    "copy to": "copy (select 1) to '{file}.out'",
    "copy from": "copy steps from '{file}'",
    "export": "export database '{file}.d'",
    "import": "import database '{file}.d'",
    "attach": "attach '{file}.db' as x",
    "detach": "detach memory",
    "use": "use memory",
    "install": "install httpfs",
    "load": "load httpfs",
    "set": "set memory_limit = '100GB'",
    "set variable": "set variable now_ns = 1",
    "reset": "reset memory_limit",
    "pragma": "pragma database_list",
    "pragma as a table": "select * from pragma_database_list",
    "pragma as a function": "select * from pragma_table_info('steps')",
    "call": "call pragma_version()",
    "checkpoint": "checkpoint",
    "vacuum": "vacuum",
    "analyze": "analyze",
    "begin": "begin",
    "commit": "commit",
    "prepare": "prepare x as select 1",
    "execute": "execute x",
    "explain": "explain select 1",
    "explain analyze": "explain analyze select 1",
    "describe": "describe steps",
    "summarize": "summarize steps",
    "show": "show tables",
    "show all": "show all tables",
    "create": "create table x (a int)",
    "create a macro": "create macro f(a) as a",
    "create a secret": "create secret s (type s3)",
    "insert": "insert into steps select * from steps",
    "delete": "delete from steps",
    "update": "update steps set name = 'x'",
    "drop": "drop table steps",
    "alter": "alter table steps add column x int",
    "truncate": "truncate steps",
    "getenv": "select getenv('HOME')",
    "current_setting": "select current_setting('memory_limit')",
    "getvariable": "select getvariable('now_ns')",
    "a qualified table": "select * from main.steps",
    "a fully qualified table": "select * from analytics.main.steps",
    "a qualified table in quotes": 'select * from "analytics"."main"."steps"',
    "a temporary view": "select * from temp.steps",
    "meta": "select * from meta",
    "meta behind a CTE of its name": "select * from meta, (with meta as (select 1 as x) select x from meta)",
    "meta in its own CTE": "with meta as (select * from meta) select * from meta",
    "information_schema": "select * from information_schema.tables",
    "pg_catalog": "select * from pg_catalog.pg_tables",
    "sqlite_master": "select * from sqlite_master",
    "duckdb_tables": "select * from duckdb_tables()",
    "duckdb_tables as a view": "select * from duckdb_tables",
    "duckdb_tables behind a CTE": "select t.* from duckdb_tables t, (with duckdb_tables as (select 1 as x) select x from duckdb_tables)",
    "duckdb_settings": "select * from duckdb_settings()",
    "duckdb_secrets": "select * from duckdb_secrets()",
    "duckdb_logs": "select * from duckdb_logs()",
    "two statements": "select 1; select 2",
    "a statement behind a select": "select 1; drop table steps",
    "a statement behind a comment": "select 1 /* ; */; delete from steps --",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_select_over_the_views_is_refused(door: Inside, file: Path, name: str) -> None:
    answer = door.call("query", {"sql": REFUSED[name].format(file=file)})
    assert SECRET not in answer.text
    assert answer.status_code in {400, 403}, answer.text
    assert answer.json()["detail"]
    assert answer.json()["hint"]
    assert not list(file.parent.glob("*.out"))


@pytest.mark.parametrize(
    "sql", ["", " ", ";", "--", "select", "select * from", "selct 1", "\0", "select 'x", "🦆"]
)
def test_what_is_no_sql_is_refused(door: Inside, sql: str) -> None:
    answer = door.call("query", {"sql": sql})
    assert answer.status_code in {400, 403}, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "body", [{}, {"sql": 7}, {"sql": ["select 1"]}, {"sql": None}, [], 7, "select 1", None]
)
def test_what_is_no_query_is_refused(door: Inside, body: object) -> None:
    assert door.call("query", body).status_code == 400


OURS = {
    "a CTE named as a view": "with steps as (select 7 as n) select n from steps",
    "a CTE over the view of its name": "with s as (select * from steps) select count(*) from s",
    "a view in another case": "select count(*) from STEPS",
    "a recursive CTE that ends": "with recursive r as (select 1 as n union all select n + 1 from r where n < 9) select count(*) from r",
}


@pytest.mark.parametrize("name", OURS)
def test_a_select_over_the_views_is_answered(door: Inside, name: str) -> None:
    assert len(door.query(OURS[name])) == 1


SEES = {
    "counting": "select count(*) from steps",
    "joining": "select count(*) from steps a join steps b using (trace_id)",
    "in a scalar subquery": "select (select count(*) from steps)",
    "in a CTE": "with s as (select * from steps) select count(*) from s",
    "with a CTE that shadows": "with s as (with steps as (select * from steps) select * from steps) select count(*) from s",
    "with a filter that is always true": "select count(*) from steps where project is not null or true",
}


@pytest.mark.parametrize("name", SEES)
def test_no_query_sees_another_project(door: Inside, name: str) -> None:
    door.settle()
    answer = door.call("query", {"sql": SEES[name]})
    seen = answer.json().get("rows", [])
    total = door.query("select count(*) from steps")[0][0]
    assert answer.status_code in {200, 400, 403}, answer.text
    assert seen in ([], [[total]])
    assert door.query("select count(*) from steps where span_id in (100, 101, 102)") == [[0]]


ENDLESS = {
    "recursion": "with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r",
    "a cross join": "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_query_is_ended(door: Inside, in_a_hurry: None, name: str) -> None:
    started = time.monotonic()
    answer = door.call("query", {"sql": ENDLESS[name]})
    assert answer.status_code == 400, answer.text
    assert "longer than" in answer.json()["detail"]
    assert time.monotonic() - started < 60


GREEDY = {
    "a text of 100 GB": "select length(repeat('x', 100000000000))",
    "a list of a billion": "select len(range(1000000000))",
    "a list of all": "select len(list(a.range)) from range(100000000) a, range(100) b",
    "doubling": "with recursive r as (select 'xxxxxxxx' as t union all select t || t from r) select max(length(t)) from r",
}


@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_query_is_ended(door: Inside, in_a_hurry: None, name: str) -> None:
    answer = door.call("query", {"sql": GREEDY[name]})
    assert answer.status_code in {400, 403}, answer.text
    assert answer.json()["hint"]


NESTED = {
    "parentheses": "select " + "(" * 5000 + "1" + ")" * 5000,
    "subqueries": "select * from " + "(select * from " * 500 + "steps" + ")" * 500,
    "a sum": "select " + "+".join(["1"] * 900),
    "a long sum": "select " + "+".join(["1"] * 20_000),
    "a list": "select " + "[" * 400 + "]" * 400,
    "a case": "select " + "case when true then " * 400 + "1" + " end" * 400,
}


@pytest.mark.parametrize("name", NESTED)
def test_a_deeply_nested_query_is_answered_or_refused(door: Inside, name: str) -> None:
    answer = door.call("query", {"sql": NESTED[name]})
    assert answer.status_code in {200, 400, 403}, answer.text


VALUES = {
    "hugeint": (
        "select 170141183460469231731687303715884105727::hugeint",
        "170141183460469231731687303715884105727",
    ),
    "not a number": ("select 'nan'::double", None),
    "a map with numbers as keys": ("select map {1: 2}", {"1": 2}),
    "a date": ("select date '2026-01-31'", "2026-01-31"),
    "a decimal": ("select 1.25", "1.25"),
    "null": ("select null", None),
    "a struct": ("select {'a': [1, 2]}", {"a": [1, 2]}),
}


@pytest.mark.parametrize("name", VALUES)
def test_every_value_can_be_answered(door: Inside, name: str) -> None:
    sql, expected = VALUES[name]
    assert door.query(sql) == [[expected]]


@pytest.mark.parametrize(
    "sql", ["select 'x'::blob", "select interval 1 day", "select uuid()", "select time '10:00'"]
)
def test_odd_types_can_be_answered(door: Inside, sql: str) -> None:
    assert len(door.query(sql)) == 1


@pytest.mark.parametrize("limit", [-1, "x", 10**30, 1e300, 1 << 63])
def test_an_odd_limit_is_no_fault_of_the_server(door: Inside, limit: object) -> None:
    answer = door.call("query", {"sql": "select count(*) from steps", "limit": limit})
    assert answer.status_code in {200, 400}, answer.text
