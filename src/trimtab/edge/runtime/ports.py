"""What a runtime needs that adapters fill: the ledger of work, and budgets."""

from trimtab.edge.runtime.record.model import UndoState
from trimtab.edge.runtime.record.ports import Budget, Ledger

__all__ = ["Budget", "Ledger", "UndoState"]
