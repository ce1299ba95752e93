"""Rows of queries on one connection."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from trimtab.loop.store import Row


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one connection sees: within a transaction always the same."""

    cursor: duckdb.DuckDBPyConnection

    def rows(self, sql: str, params: Mapping[str, object] | None = None) -> list[Row]:
        """Rows of one of our own queries."""
        self.cursor.execute(sql, dict(params or {}))
        names = [d[0] for d in self.cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in self.cursor.fetchall()]
