"""From one Trimtab to another, over a real socket, through kills and outages: the same numbers, and no secret."""

import time
from pathlib import Path
from typing import Any

from tests.support.bodies import span, traces_of
from tests.support.server import HOST, Served, serving

SECRET = "ada.lovelace@example.com"
BODIES = 12
SUMS = "select count(*), sum(input_tokens), sum(output_tokens), count(distinct session) from steps"


def body(number: int) -> bytes:
    about: dict[str, object] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.conversation.id": f"s{number}",
        "gen_ai.usage.input_tokens": number,
        "gen_ai.usage.output_tokens": 1,
        "app.note": f"write to {SECRET}",
    }
    return traces_of(span(1000 * number + place, about) for place in range(1, 4))


def add(server: Served, to: Served, **more: Any) -> Any:
    import json

    given = {"name": "other", "url": f"http://{HOST}:{to.port}", "headers": {"authorization": "OTHER_KEY"}}
    answer = server.request("POST", "/api/v1/forward", json.dumps(given | more).encode())
    assert answer.status == 200, answer.body
    return answer.json


def status(server: Served) -> Any:
    return server.request("GET", "/api/v1/forward").json["destinations"][0]


def until(server: Served, sent: int) -> Any:
    end = time.monotonic() + 60
    while (found := status(server))["sent"] < sent:
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


def test_all_that_comes_is_handed_on_through_kills_and_outages(tmp_path: Path) -> None:
    with serving(tmp_path / "other") as other:
        env = {"OTHER_KEY": f"Bearer {other.key}"}
        with serving(tmp_path / "mine", env=env) as mine:
            mine.send(body(1))
            add(mine, other, from_start=True)
            until(mine, 1)
            other.stop()
            for number in range(2, BODIES):
                mine.send(body(number))
            end = time.monotonic() + 60
            while not status(mine)["reason"]:
                assert time.monotonic() < end
                time.sleep(0.05)
            assert status(mine)["waits_s"] is not None
            mine.kill()
            other.start()
            mine.start()
            mine.send(body(BODIES))
            until(mine, BODIES)
            assert status(mine)["refused"] == 0
            mine.settle()
            other.settle()
            assert other.query(SUMS) == mine.query(SUMS)
            assert mine.query(SUMS)[0][0] == 3 * BODIES
    said = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET.encode() not in said
    assert other.key.encode() not in b"".join(
        path.read_bytes() for path in (tmp_path / "mine").rglob("*") if path.is_file()
    )


def test_what_is_refused_is_counted_and_holds_nothing_up(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "other", env={"TRIMTAB_MAX_BODY_BYTES": "4000"}) as other,
        serving(tmp_path / "mine", env={"OTHER_KEY": f"Bearer {other.key}"}) as mine,
    ):
        add(mine, other)
        many = traces_of(span(number, {"app.note": "x" * 200}) for number in range(1, 60))
        assert mine.send(many).status == 200
        mine.send(body(2))
        found = until(mine, 1)
        assert (found["sent"], found["refused"]) == (1, 1)
        checks = mine.request("GET", "/api/v1/doctor").json["checks"]
        assert [one["severity"] for one in checks if one["id"] == "forward"] == ["warning"]


def test_it_does_not_hand_on_to_itself(tmp_path: Path) -> None:
    with serving(tmp_path / "mine") as mine:
        given = b'{"name": "me", "url": "http://localhost:%d"}' % mine.port
        answer = mine.request("POST", "/api/v1/forward", given)
        assert answer.status == 400
        assert b"Trimtab itself" in answer.body
        assert mine.request("GET", "/api/v1/forward").json["destinations"] == []
