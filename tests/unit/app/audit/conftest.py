"""Logs are judged without a server; what needs one starts its own."""

import pytest


@pytest.fixture(autouse=True)
def alive() -> None:
    """There is no server to look after."""
