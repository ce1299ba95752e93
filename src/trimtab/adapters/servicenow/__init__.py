"""Incidents in ServiceNow, one for each deduplication key."""

from trimtab.adapters.servicenow.notifier import ServiceNow

__all__ = ["ServiceNow"]
