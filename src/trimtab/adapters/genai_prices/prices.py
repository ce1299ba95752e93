"""The prices port on genai-prices: the package's own snapshot, never fetched."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from trimtab.loop.ingest import Usage
from trimtab.vocabulary.kernel import NANO

HOUR_NS = 3_600_000_000_000
MILLION = 1_000_000
PROVIDERS = {
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "aws.bedrock": "aws",
    "gcp.gen_ai": "google",
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "moonshot_ai": "moonshotai",
}
Rate = Decimal | int
Rates = tuple[Rate, Rate, Rate, Rate]
Band = tuple[int, Rates]
"""The input above which it holds, and nano-dollars per token: input, output, cache read, cache write."""


class GenaiPrices:
    """Exact nano-dollars from the snapshot that the package carries."""

    def __init__(self) -> None:
        """Name the snapshot; the data load at the first price asked (half a second)."""
        self.snapshot = f"genai-prices {version('genai-prices')}"

    def price(self, provider: str, model: str, at_ns: int, usage: Usage) -> tuple[int | None, str]:
        """Nano-dollars and `priced`; or None and `unpriced` or `no_usage`."""
        if usage.input_tokens is None and usage.output_tokens is None:
            return None, "no_usage"
        if not model:
            return None, "unpriced"
        found = bands(provider, model, at_ns // HOUR_NS)
        if found is None:
            return None, "unpriced"
        given = usage.input_tokens or 0
        rates = next(rates for start, rates in reversed(found) if given > start or start == 0)
        return round(linear(rates, usage)), "priced"


def linear(of: Rates, usage: Usage) -> Rate:
    """Tokens times rates; cached tokens are part of the input and cost their own rate."""
    read, write = usage.cache_read or 0, usage.cache_write or 0
    fresh = max(0, (usage.input_tokens or 0) - read - write)
    return of[0] * fresh + of[1] * (usage.output_tokens or 0) + of[2] * read + of[3] * write


@lru_cache(maxsize=4096)
def bands(provider: str, model: str, hour: int) -> list[Band] | None:
    """What a token of a model costs in an hour, by the size of the call; None where that is not known.

    A call whose input is above the start of a band pays that band's rates for all its tokens.
    """
    import genai_prices
    from genai_prices.types import TieredPrices

    priced: Any = genai_prices
    at = datetime.fromtimestamp(hour * 3600, tz=UTC)

    def ask(usage: Usage, provider_id: str | None) -> Any:
        return priced.calc_price(
            priced.Usage(
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_tokens=usage.cache_read,
                cache_write_tokens=usage.cache_write,
            ),
            model,
            provider_id=provider_id,
            genai_request_timestamp=at,
        )

    one = Usage(MILLION, 0, 0, 0)
    found: Any = None
    # The provider may be a proxy that no price list knows: the model's name decides then.
    for provider_id in (PROVIDERS.get(provider, provider) or None, None):
        try:
            found = ask(one, provider_id)
            break
        except (LookupError, ValueError):
            continue
    if found is None:
        return None
    known = found.provider.id
    tiered = [value for value in vars(found.model_price).values() if isinstance(value, TieredPrices)]
    starts = sorted({0, *(tier.start for value in tiered for tier in value.tiers)})
    sizes = [*(end or MILLION for end in starts[1:]), (starts[-1] or MILLION) * 10]
    return [(start, probed(ask, known, size)) for start, size in zip(starts, sizes, strict=True)]


def probed(ask: Any, provider_id: str, size: int) -> Rates:
    """Nano-dollars per token for calls of this many input tokens, as the package prices them."""

    def price(usage: Usage) -> Decimal:
        return ask(usage, provider_id).total_price * NANO

    fresh = price(Usage(size, 0, 0, 0))
    return (
        exact(fresh / size),
        exact((price(Usage(size, MILLION, 0, 0)) - fresh) / MILLION),
        exact(price(Usage(size, 0, size, 0)) / size),
        exact(price(Usage(size, 0, 0, size)) / size),
    )


def exact(rate: Decimal) -> Rate:
    """A rate, as a whole number where it is one: that is reckoned with in half the time."""
    return int(rate) if rate == int(rate) else rate
