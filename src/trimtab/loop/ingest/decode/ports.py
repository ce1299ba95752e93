"""What decoding needs: prices."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Usage(NamedTuple):
    """Tokens of one call, inclusive; unknown is None."""

    input_tokens: int | None
    output_tokens: int | None
    cache_read: int | None
    cache_write: int | None


class Prices(Protocol):
    """A snapshot of prices; `snapshot` names it."""

    snapshot: str

    def price(self, provider: str, model: str, at_ns: int, usage: Usage) -> tuple[int | None, str]:
        """Nano-dollars and `priced`; or None and `unpriced` (no price known) or `no_usage` (no tokens known)."""
        ...


class FixedPrices:
    """The fake of this port: a price per token for each model, in nano-dollars (input, output)."""

    snapshot = "fixed"

    def __init__(self, prices: Mapping[str, tuple[int, int]] | None = None) -> None:
        """Know these models and no others."""
        self._prices = dict(prices or {})

    def price(self, provider: str, model: str, at_ns: int, usage: Usage) -> tuple[int | None, str]:
        """Tokens times price."""
        del provider, at_ns
        if usage.input_tokens is None and usage.output_tokens is None:
            return None, "no_usage"
        found = self._prices.get(model)
        if found is None:
            return None, "unpriced"
        return (usage.input_tokens or 0) * found[0] + (usage.output_tokens or 0) * found[1], "priced"
