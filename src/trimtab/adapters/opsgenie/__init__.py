"""Pages by Opsgenie, for those who still have it."""

from trimtab.adapters.opsgenie.notifier import Opsgenie

__all__ = ["Opsgenie"]
