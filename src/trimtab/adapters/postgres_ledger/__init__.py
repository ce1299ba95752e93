"""The ledger and the budgets of tool calls in PostgreSQL: for agents on many machines."""

from trimtab.adapters.postgres_ledger.budget import PostgresBudget
from trimtab.adapters.postgres_ledger.database import PostgresDatabase
from trimtab.adapters.postgres_ledger.ledger import PostgresLedger

__all__ = ["PostgresBudget", "PostgresDatabase", "PostgresLedger"]
