"""Prices from the genai-prices package, offline."""

from trimtab.adapters.genai_prices.prices import GenaiPrices

__all__ = ["GenaiPrices"]
