"""Messages as CloudEvents, for whoever builds on them."""

from trimtab.adapters.cloudevents.notifier import CloudEvents

__all__ = ["CloudEvents"]
