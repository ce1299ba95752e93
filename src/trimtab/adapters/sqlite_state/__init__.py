"""State in SQLite by SQLAlchemy: projects, keys, settings."""

from trimtab.adapters.sqlite_state.state import SqliteState

__all__ = ["SqliteState"]
