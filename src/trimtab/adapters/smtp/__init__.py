"""Messages by e-mail."""

from trimtab.adapters.smtp.notifier import Smtp

__all__ = ["Smtp"]
