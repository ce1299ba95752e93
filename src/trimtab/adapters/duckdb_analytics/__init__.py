"""Derived rows in DuckDB: steps, sessions and facts, each a narrow table."""

from trimtab.adapters.duckdb_analytics.analytics import DuckdbAnalytics

__all__ = ["DuckdbAnalytics"]
