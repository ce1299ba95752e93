"""Our quick prices are those of the package, to the nano-dollar, on both sides of every threshold."""

from datetime import UTC, datetime
from typing import Any

import genai_prices
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.genai_prices import GenaiPrices
from trimtab.loop.ingest import Usage

AT = datetime(2026, 6, 1, tzinfo=UTC)
AT_NS = int(AT.timestamp() * 1e9)
MODELS = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-pro"),
    ("google", "gemini-1.5-flash"),
    ("openai", "o3-mini"),
]
TOKENS = st.integers(0, 400_000) | st.sampled_from([127_999, 128_000, 128_001, 199_999, 200_000, 200_001])


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    given_tokens = draw(TOKENS)
    read = draw(st.integers(0, given_tokens))
    return Usage(given_tokens, draw(TOKENS), read, draw(st.integers(0, given_tokens - read)))


@pytest.mark.parametrize(("provider", "model"), MODELS)
@settings(max_examples=40, deadline=None)
@given(usage=usages())
def test_a_price_is_the_packages(provider: str, model: str, usage: Usage) -> None:
    theirs: Any = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read,
            cache_write_tokens=usage.cache_write,
        ),
        model,
        provider_id=provider,
        genai_request_timestamp=AT,
    )
    cost, status = GenaiPrices().price(provider, model, AT_NS, usage)
    assert status == "priced"
    assert cost is not None
    assert abs(cost - theirs.total_price * 1_000_000_000) <= 1


def test_a_model_of_nobody_is_unpriced() -> None:
    assert GenaiPrices().price("openai", "no-such-model", AT_NS, Usage(1, 1, 0, 0)) == (None, "unpriced")
    assert GenaiPrices().price("openai", "gpt-4o", AT_NS, Usage(None, None, None, None)) == (None, "no_usage")
