"""Every test of the SDK begins and ends without a runtime, and with nothing told yet."""

from collections.abc import Iterator

import pytest

import trimtab
from trimtab.edge.sdk import warn


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings from outside, no warning told before, no exporter left behind."""
    for name in ("TRIMTAB_URL", "TRIMTAB_KEY", "TRIMTAB_LOG", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    warn.forget()
    yield
    trimtab.shutdown(2)
