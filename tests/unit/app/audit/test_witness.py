"""A server signs what it has seen of a log, and nothing that contradicts it."""

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.server import Inside, inside
from tests.unit.app.audit.evidence import Log, alone, made, ours
from tests.unit.app.audit.test_faults import change
from typer.testing import CliRunner

from trimtab.adapters.ed25519 import Ed25519Key
from trimtab.app.cli.main import app
from trimtab.edge.audit import Pace, Shown, Writer, read_log
from trimtab.edge.audit import show as show_log
from trimtab.edge.audit.writer import Said
from trimtab.vocabulary.audit import leaf_hash, prove_growth
from trimtab.vocabulary.kernel import VirtualClock


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return made(tmp_path_factory.mktemp("audit"))


@pytest.fixture
def house(tmp_path: Path) -> Generator[Inside]:
    with inside(tmp_path / "data", password_cost=4) as found:
        yield found


def show(house: Inside, log: Log, size: int, before: int = 0, **more: Any) -> Any:
    """Show a checkpoint of a size, with the proof from the one before."""
    leaves = [leaf_hash(one) for one in log.lines[:size]]
    proof = [one.hex() for one in prove_growth(leaves, before)] if before else []
    body = {"key": log.vkey, "note": log.note(size), "proof": proof} | more
    headers = body.pop("headers", {})
    return house.request(
        "POST", f"/api/v1/audit/logs/{quote(log.origin)}/checkpoints", json.dumps(body), **headers
    )


def seen(house: Inside, log: Log) -> list[dict[str, Any]]:
    answer = house.request("GET", f"/api/v1/audit/logs/{quote(log.origin)}/checkpoints")
    assert answer.status_code == 200
    return answer.json()["checkpoints"]


def test_what_grows_is_signed_and_counts_for_both_verifiers(house: Inside, log: Log, tmp_path: Path) -> None:
    first = show(house, log, 20)
    assert first.status_code == 200, first.json()
    second = show(house, log, 45, before=20).json()
    assert second["witness"] == first.json()["witness"]
    assert [one["size"] for one in seen(house, log)] == [20, 45]
    logs = house.request("GET", "/api/v1/audit/logs").json()["logs"]
    assert [(one["origin"], one["size"]) for one in logs] == [(log.origin, 45)]
    anew = change(log, at=5).signed_anew()
    place = replace(anew, notes=(*anew.notes, second["note"])).write(tmp_path / "log")
    assert ours(place, "--key", log.vkey, "--key", second["witness"])[0] == 17
    assert alone(place, "--key", log.vkey, "--witness", second["witness"])[0] == 17
    whole = replace(log, notes=(*log.notes, second["note"])).write(tmp_path / "whole")
    code, said = ours(whole, "--key", log.vkey, "--key", second["witness"])
    assert (code, "kept by you, up to 45" in said) == (0, True)


def test_a_fork_is_refused_and_kept_as_evidence(house: Inside, log: Log) -> None:
    other = change(log, at=5)
    assert show(house, log, 20).status_code == 200
    for way in (
        lambda: show(house, other, 45, before=20),
        lambda: show(house, log, 45),
        lambda: show(house, other, 20),
    ):
        answer = way()
        assert answer.status_code == 409
        assert answer.json()["title"] == "forked"
    assert show(house, log, 45, before=20).status_code == 200, "the log itself goes on"
    kept = seen(house, log)
    assert [one["contradicts"] for one in kept] == [False, True, True, True, False]
    assert "trimtab-witness" not in kept[1]["note"]


def test_the_same_again_changes_nothing(house: Inside, log: Log) -> None:
    first = show(house, log, 20).json()
    assert show(house, log, 20).json() == first
    assert show(house, log, 45, before=20).status_code == 200
    assert show(house, log, 20).json() == first, "also where more was seen since"
    older = show(house, log, 30)
    assert (older.status_code, older.json()["title"]) == (409, "older")
    assert len(seen(house, log)) == 2


def test_a_proof_from_elsewhere_decides_nothing_and_what_was_seen_last_is_given(
    house: Inside, log: Log
) -> None:
    first = show(house, log, 20, old=0).json()
    assert first["size"] == 20
    assert show(house, log, 45, old=0).json() == first
    assert show(house, log, 45, before=20, old=20).json()["size"] == 45
    other = change(log, at=5)
    assert show(house, other, 45, before=20, old=20).json()["size"] == 45, "it is not what was sent"
    for _ in range(2):
        assert show(house, other, 45, old=45).status_code == 409
    assert [one["contradicts"] for one in seen(house, log)] == [False, False, True], "kept once"


class Keyed:
    """The server, asked with a key that may only send."""

    def __init__(self, house: Inside) -> None:
        self._house = house
        self._key = house.call("keys", {"scopes": "ingest"}).json()["key"]

    def post(self, path: str, body: object) -> Any:
        answer = self._house.request("POST", path, json.dumps(body), authorization=f"Bearer {self._key}")
        assert answer.status_code == 200, answer.text
        return answer.json()


def test_a_log_of_many_files_shows_itself_whatever_it_remembers_of_the_witness(
    house: Inside, tmp_path: Path
) -> None:
    door, clock = Keyed(house), VirtualClock()
    folder = tmp_path / "000"
    said: list[Shown] = []
    for turn in range(4):
        pace = Pace(file_bytes=2000)
        writer = Writer(tmp_path, "shop", clock, make_key=Ed25519Key.kept, pace=pace)
        for number in range(23):
            writer.say(Said(clock.now_ns(), "decision", {"tool": f"t{number}"}))
            writer.commit()
        writer.close()
        if turn == 2:
            (folder / "witnessed").unlink()  # a crash between the answer and the disk
        if turn == 3:
            with (folder / "witnessed").open("a") as file:
                file.write("shop/torn\n17\n")
        said.append(show_log(door, folder))
    assert len(list((folder / "entries").iterdir())) > 5
    sizes = [int(one.says.split()[0]) for one in said]
    assert sizes == sorted(set(sizes))
    assert len(sizes) == 4
    code, told = ours(folder, "--key", said[-1].witness)
    assert (code, f"kept by you, up to {sizes[-1]}" in told) == (0, True), told


def test_another_key_another_name_and_what_nobody_signed_are_refused(house: Inside, log: Log) -> None:
    assert show(house, log, 20).status_code == 200
    stranger = replace(log, private=b"s" * 32)
    assert (show(house, stranger, 45, before=20).json()["title"]) == "other_key"
    assert show(house, log, 45, before=20, key=stranger.vkey).status_code == 400
    assert show(house, log, 45, before=20, note="hello").status_code == 400
    assert show(house, log, 45, before=20, key="hello").status_code == 400
    assert show(house, log, 45, before=20, proof=["zz"]).status_code == 400
    assert show(house, log, 45, before=20, proof=["00" * 32] * 65).status_code == 400
    path = f"/api/v1/audit/logs/{quote('another/log')}/checkpoints"
    body = json.dumps({"key": log.vkey, "note": log.note(20)})
    assert house.request("POST", path, body).status_code == 400
    assert len(seen(house, log)) == 1


def test_projects_are_apart(house: Inside, log: Log) -> None:
    key = house.call("keys", {"new_project": "other", "scopes": "ingest,read"}).json()["key"]
    assert show(house, log, 20).status_code == 200
    other = change(log, at=5)
    assert show(house, other, 20, headers={"authorization": f"Bearer {key}"}).status_code == 200
    reader = house.call("keys", {"scopes": "read"}).json()["key"]
    assert show(house, log, 45, before=20, headers={"authorization": f"Bearer {reader}"}).status_code == 403


def test_the_command_shows_what_is_new_and_keeps_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIMTAB_URL", raising=False)
    folder, clock = tmp_path / "audit", VirtualClock()

    def write(count: int) -> None:
        writer = Writer(folder, "shop", clock, make_key=Ed25519Key.kept)
        for number in range(count):
            writer.say(Said(clock.now_ns(), "decision", {"tool": f"t{number}"}))
        writer.close()

    def run(code: int = 0) -> str:
        result = CliRunner().invoke(
            app, ["audit", "witness", str(folder), "--data", str(tmp_path / "data")], catch_exceptions=False
        )
        assert result.exit_code == code, result.output
        return result.output

    write(30)
    assert "32 entries seen by trimtab-witness/" in run()
    write(10)
    told = run()
    assert "44 entries seen by" in told
    assert run() == told, "once more changes nothing"
    witness = told.split("seen by ")[1].strip()
    code, said = ours(folder, "--key", witness)
    assert (code, "up to 44" in said) == (0, True), said
    found = read_log(folder / "000")
    private = (folder / "000" / "key").read_bytes()
    log = Log(origin=found.origin, private=private, segments=found.segments, notes=found.notes[:2])
    anew = change(log, at=12).signed_anew()
    (folder / "000" / "checkpoints").write_text("".join(f"{one}\n" for one in anew.notes))
    (folder / "000" / "witnessed").unlink()
    entries = next((folder / "000" / "entries").iterdir())
    entries.write_bytes(b"".join(one + b"\n" for one in anew.lines))
    assert ours(folder)[0] == 0, "nothing in it shows it"
    write(3)
    assert "refused: the log contradicts what it has signed before" in run(16)
