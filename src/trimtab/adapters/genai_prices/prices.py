"""The prices port on genai-prices: the package's own snapshot, never fetched."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
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
Rates = tuple[Decimal, Decimal, Decimal, Decimal]


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
        found = rates(provider, model, at_ns // HOUR_NS)
        if found is None:
            return None, "unpriced"
        if isinstance(found, tuple):
            return round(linear(found, usage)), "priced"
        return round(found(usage) * NANO), "priced"


def linear(of: Rates, usage: Usage) -> Decimal:
    """Tokens times rates; cached tokens are part of the input and cost their own rate."""
    read, write = usage.cache_read or 0, usage.cache_write or 0
    fresh = max(0, (usage.input_tokens or 0) - read - write)
    return of[0] * fresh + of[1] * (usage.output_tokens or 0) + of[2] * read + of[3] * write


def total(ask: Any, provider_id: str, usage: Usage) -> Decimal:
    """A price that depends on the size of the call, asked of the package each time, in dollars."""
    return ask(usage, provider_id).total_price


@lru_cache(maxsize=4096)
def rates(provider: str, model: str, hour: int) -> Any:
    """Nano-dollars per token (input, output, cache read, cache write) of a model in an hour.

    A function of the usage where the price depends on the size of the call; None where it is not known.
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
    if any(isinstance(value, TieredPrices) for value in vars(found.model_price).values()):
        return partial(total, ask, known)
    probes = (
        one,
        Usage(0, MILLION, 0, 0),
        Usage(MILLION, 0, MILLION, 0),
        Usage(MILLION, 0, 0, MILLION),
    )
    return tuple(ask(probe, known).total_price * NANO / MILLION for probe in probes)
