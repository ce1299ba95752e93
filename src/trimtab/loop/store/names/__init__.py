"""Names of users, tenants and sessions in texts: how they are found, and taken out."""

from trimtab.loop.store.names.wipe import Wiped, holding, total, words_in

__all__ = ["Wiped", "holding", "total", "words_in"]
