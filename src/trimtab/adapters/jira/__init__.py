"""Issues in Jira, one for each deduplication key."""

from trimtab.adapters.jira.notifier import Jira

__all__ = ["Jira"]
