"""Issues in Linear, one for each deduplication key."""

from trimtab.adapters.linear.notifier import Linear

__all__ = ["Linear"]
