"""The doctor's checks are data, each has words, and what is wrong is named with what mends it."""

import re
from pathlib import Path
from typing import Any

from tests.support.bodies import span, traces_of
from tests.support.server import inside

from trimtab.app.bootstrap import doctor


def checks(server: Any) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in server.request("GET", "/api/v1/doctor").json()["checks"]}


def test_every_check_is_in_the_catalogue_and_none_is_idle() -> None:
    used = set(re.findall(r'check\(\s*"(\w+)"', Path(str(doctor.__file__)).read_text(encoding="utf-8")))
    assert used == set(doctor.catalogue())
    assert all(
        one["title"] and one["why"] and one["source"] and one["fix"] for one in doctor.catalogue().values()
    )


def test_an_empty_store_and_a_dark_agent_are_named(tmp_path: Path) -> None:
    with inside(tmp_path) as server:
        assert checks(server)["data"]["severity"] == "warning"
        now_ns = server.server.clock.now_ns()
        times = {"start_time_unix_nano": now_ns - 10**9, "end_time_unix_nano": now_ns}
        server.send(traces_of([span(1, {"gen_ai.operation.name": "chat"}, **times)]))
        server.settle()
        found = checks(server)
        assert "data" not in found
        assert found["blind_spots"]["severity"] == "warning"
        assert "trimtab coverage" in found["blind_spots"]["fix"]
        (tmp_path / "owner.key").chmod(0o644)
        assert checks(server)["owner_key"] == {
            "id": "owner_key",
            "check": "owner key",
            "severity": "error",
            "detail": "readable by others",
            "fix": "chmod 600 owner.key",
        }
