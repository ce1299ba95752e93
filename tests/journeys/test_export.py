"""Parquet for the warehouse: the rows of the store, read back by other programs; again only what changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow.parquet as pq
import pytest
from tests.support.server import serving

Run = Callable[..., Any]
TABLES = ("steps", "sessions", "facts")


@pytest.fixture(scope="module")
def exported(trimtab: Run, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    trimtab("import", "tau-bench", shared_data / "tau_bench_airline" / "records.jsonl.gz")
    folder = tmp_path_factory.mktemp("warehouse") / "out"
    trimtab("export", "parquet", folder)
    return trimtab, folder


def test_the_rows_are_those_of_the_store(exported: tuple[Run, Path]) -> None:
    trimtab, folder = exported
    for table in TABLES:
        files = f"'{folder}/{table}/*/*.parquet'"
        (n, days), *_ = duckdb.sql(
            f"select count(*), count(distinct date) from read_parquet({files})"
        ).fetchall()
        assert n == trimtab("query", f"select count(*) as n from {table}")[0]["n"]
        assert days == len(list((folder / table).iterdir())) > 1
    sql = "select outcome, count(*)::bigint as n from {} group by all order by all"
    found = duckdb.sql(sql.format(f"read_parquet('{folder}/sessions/*/*.parquet')")).fetchall()
    assert found == [(row["outcome"], row["n"]) for row in trimtab("query", sql.format("sessions"))]


def test_ids_are_in_hex_and_belong_to_their_day(exported: tuple[Run, Path]) -> None:
    _, folder = exported
    for path in (folder / "steps").glob("*/part.parquet"):
        table = pq.read_table(path)
        assert "project" not in table.schema.names
        first = table.slice(0, 1).to_pylist()[0]
        assert len(bytes.fromhex(first["trace_id"])) == 16
        assert len(bytes.fromhex(first["span_id"])) == 8
        days = {value // 86_400_000_000_000 for value in table["start_ns"].to_pylist()}
        assert len(days) == 1


def test_a_second_time_writes_only_what_has_changed(exported: tuple[Run, Path]) -> None:
    trimtab, folder = exported
    again = trimtab("export", "parquet", folder)
    assert (again["files"], again["rows"]) == (0, 0)
    assert again["unchanged"] == len(orjson.loads((folder / "manifest.json").read_bytes())["files"])
    path = next((folder / "steps").glob("*/part.parquet"))
    before = path.stat().st_mtime_ns
    (folder / "manifest.json").write_bytes(
        orjson.dumps({**orjson.loads((folder / "manifest.json").read_bytes()), "files": {}})
    )
    whole = trimtab("export", "parquet", folder)
    assert whole["files"] == again["unchanged"]
    assert path.stat().st_mtime_ns > before
    assert not list(folder.rglob("*.fresh"))


def test_what_is_in_the_way_is_said(exported: tuple[Run, Path], tmp_path: Path) -> None:
    trimtab, folder = exported
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Exception, match="holds something else"):
        trimtab("export", "parquet", tmp_path)
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_bytes(orjson.dumps(manifest | {"project": "another"}))
    with pytest.raises(Exception, match="another"):
        trimtab("export", "parquet", tmp_path / "other")


def test_a_server_writes_no_file_for_anyone(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert server.request("GET", "/api/v1/export").json["days"] == []
        empty = server.request("GET", "/api/v1/export/steps/2026-01-31")
        assert (empty.status, empty.body[:4]) == (200, b"PAR1")
        assert server.request("GET", "/api/v1/export/keys/2026-01-31").status == 400
        assert server.request("GET", "/api/v1/export/steps/yesterday").status == 400
        assert server.request("GET", "/api/v1/export", authorization="Bearer wrong").status == 401
