"""What is made of the settings."""

import pytest

from trimtab.app.settings import reached_at


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("127.0.0.1", "127.0.0.1:1"),
        ("localhost", "localhost:1"),
        ("0.0.0.0", "127.0.0.1:1"),
        ("::", "[::1]:1"),
        ("::1", "[::1]:1"),
        ("fd00::7", "[fd00::7]:1"),
    ],
)
def test_who_listens_is_told_by_an_address_that_can_be_opened(host: str, reached: str) -> None:
    assert reached_at(host, 1) == reached
