"""The journal in SQLite, one file a day."""

from trimtab.adapters.sqlite_journal.journal import SqliteJournal

__all__ = ["SqliteJournal"]
