"""Money is counted in whole nano-dollars: sums are the same in every order."""

NANO = 1_000_000_000


def cost_usd(nanos: int | None) -> float | None:
    """Nano-dollars as US dollars; unknown stays unknown."""
    return None if nanos is None else nanos / NANO
