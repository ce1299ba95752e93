"""The console in a real browser: the main journey with the keyboard alone, every page large and small, light and dark."""

from pathlib import Path
from urllib.parse import quote

import pytest
from tests.support.console import browse, furnish, listening, pages_of
from tests.support.promising import shop

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]


def test_a_browser_walks_through_the_console(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        furnish(store)
        with listening(store.server) as address:
            found = browse(store.server, address, tmp_path)
        names = pages_of(store.server)
        told, other, _ = (store.get(f"sessions/{quote(one, safe='')}") for one in found["queue"])
    assert len(set(found["queue"])) == 3
    assert told["session"]["outcome_source"] == "human"
    assert told["facts"][-1]["reason"] == "it asked <b>twice</b>"
    assert other["session"]["outcome_source"] != "human"
    allowed = [one for one in found["complaints"] if "404" not in one]
    assert allowed == [], "the policy refused something, or a script failed"
    assert found["hosts"] == [address.removeprefix("http://")], "something was asked of another host"
    assert found["too_wide"] == []
    assert found["axe"] == [], "axe found what keeps somebody out"
    assert found["sent"] == 200
    assert found["followed"] == ["came-while-open", True, "1 new or gone on"]
    assert "/sessions/" in found["journey"]
    assert found["focus_shown"]
    assert found["skip_first"] == "Skip to content"
    assert found["theme"] == "dark"
    assert found["cookie_seen_by_scripts"] == ""
    assert all(title.endswith(" - Trimtab") for title in found["titles"].values()), "a stranger named a page"
    assert len(found["pictures"]) == 4 * len(names)
    assert all(Path(one).stat().st_size > 5000 for one in found["pictures"])
