"""Alertmanager's two formats: alerts pushed to it, and the webhook it would send itself."""

from trimtab.adapters.alertmanager.push import AlertmanagerPush
from trimtab.adapters.alertmanager.webhook import AlertmanagerWebhook

__all__ = ["AlertmanagerPush", "AlertmanagerWebhook"]
