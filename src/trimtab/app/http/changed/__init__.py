"""What a change of an agent did, over the API."""

from trimtab.app.http.changed.comparing import compare_change

__all__ = ["compare_change"]
