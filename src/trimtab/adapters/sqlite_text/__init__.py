"""Full-text search in SQLite: one FTS5 index a day, holding words and pointers but no text."""

from trimtab.adapters.sqlite_text.index import SqliteTextIndex

__all__ = ["SqliteTextIndex"]
