"""A furnished console: a shop that pages, and a session whose every text is a stranger's."""

from collections.abc import Callable, Generator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from tests.support.console import strange_session
from tests.support.promising import Shop, shop


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shop]:
    """The shop; an hour of bad tasks, a page, an incident."""
    with shop(tmp_path_factory.mktemp("console") / "data") as found:
        found.tasks(48, 10, 0.95)
        found.apply()
        found.play(60, per_minute=1, rate=0.1)
        strange_session(found)
        found.post("incidents", {"title": "Refunds <i>go</i> wrong", "gravity": "sev1", "by": "ada"})
        yield found


@pytest.fixture
def page(store: Shop) -> Callable[..., httpx.Response]:
    """Open a page as somebody who is signed in; a page that refuses is an error unless that is expected."""

    def open_page(path: str, status: int = 200) -> httpx.Response:
        cookie = f"trimtab_key={store.server.server.owner}"
        found = store.server.request("GET", path, authorization="", cookie=cookie)
        assert found.status_code == status, found.text[-2000:]
        return found

    return open_page


class Parts(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


@pytest.fixture
def parts() -> Callable[[httpx.Response], Any]:
    """Take a page apart."""

    def take(answer: httpx.Response) -> Parts:
        found = Parts()
        found.feed(answer.text)
        return found

    return take
