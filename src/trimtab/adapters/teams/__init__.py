"""Messages in a channel of Microsoft Teams."""

from trimtab.adapters.teams.notifier import Teams

__all__ = ["Teams"]
