"""Pages by PagerDuty's Events API v2."""

from trimtab.adapters.pagerduty.notifier import PagerDuty

__all__ = ["PagerDuty"]
