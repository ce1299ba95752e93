"""The ledger and the budgets of tool calls on a Redis server: for agents on many machines."""

from trimtab.adapters.redis_ledger.budget import RedisBudget
from trimtab.adapters.redis_ledger.ledger import RedisLedger
from trimtab.adapters.redis_ledger.server import RedisServer

__all__ = ["RedisBudget", "RedisLedger", "RedisServer"]
