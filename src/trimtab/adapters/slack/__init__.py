"""Messages in a Slack channel."""

from trimtab.adapters.slack.notifier import Slack

__all__ = ["Slack"]
