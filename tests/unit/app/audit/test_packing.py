"""What an auditor is given: it is enough, it is no more than was asked for, and it is checked without us."""

import ast
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.unit.app.audit.evidence import Log, alone, made, ours
from typer.testing import CliRunner

from trimtab.app.cli.evidence import commands
from trimtab.app.cli.main import app
from trimtab.edge.audit import Writer, read_log
from trimtab.edge.audit.writer import Said
from trimtab.vocabulary.kernel import Invalid, Missing, TrimtabError, VirtualClock

BEGAN_S = 1_700_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("audit")
    made(found)
    return found


def log_of(folder: Path) -> Log:
    found = read_log(folder / "000")
    private = (folder / "000" / "key").read_bytes()
    return Log(origin=found.origin, private=private, segments=found.segments, notes=found.notes)


def export(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["audit", "export", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def names_in(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return tar.getnames()


def entries_in(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with tarfile.open(path) as tar:
        for name in tar.getnames():
            if "/entries/" in name:
                held = tar.extractfile(name)
                assert held is not None
                found += [json.loads(line) for line in held.read().splitlines()]
    return found


@pytest.mark.parametrize("name", ["evidence.tar", "evidence.tar.gz"])
def test_all_of_it(folder: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    assert "65 entries of 1 logs, 65 of them signed" in export(folder, file)
    log = log_of(folder)
    assert len(entries_in(file)) == 65
    for code, said in (ours(file, "--key", log.vkey), alone(file, "--key", log.vkey)):
        assert code == 0, said
    for _, said in (ours(file), alone(file)):
        assert f"the key beside it ({log.vkey})" in said, "whose word it is"
    assert log.private not in file.read_bytes()
    assert not [one for one in names_in(file) if one.endswith(("/key", "/lock"))]
    assert {"README.txt", "verify.py"} <= set(names_in(file))


def test_one_part_of_it_is_enough(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "part.tar"
    export(folder, file, "--from", at(1500), "--to", at(2000))
    entries = entries_in(file)
    assert entries[0]["seq"] > 0
    assert len(entries) < 65
    inside = [one for one in log_of(folder).lines if 1500 <= json.loads(one)["at_ns"] / 1e9 - BEGAN_S < 2000]
    assert {json.loads(one)["seq"] for one in inside} <= {one["seq"] for one in entries}
    for code, said in (ours(file), alone(file)):
        assert code == 0, said
    told = json.loads(ours(file, "--json")[1])[0]
    assert told["begins"] == entries[0]["seq"]
    assert told["signed"] >= json.loads(inside[-1])["seq"], "a checkpoint covers what was asked for"
    with pytest.raises(Missing, match="nothing was written"):
        CliRunner().invoke(
            app, ["audit", "export", str(folder), str(file), "--from", at(9999)], catch_exceptions=False
        )


def at(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(BEGAN_S + seconds, UTC).isoformat()


def test_what_was_kept_is_compared_where_parts_overlap_and_else_that_is_said(
    folder: Path, tmp_path: Path
) -> None:
    first, second, kept = tmp_path / "first.tar", tmp_path / "second.tar", tmp_path / "kept"
    export(folder, first, "--to", at(1500))
    export(folder, second, "--from", at(1500))
    log = log_of(folder)
    with tarfile.open(first) as tar:
        held = tar.extractfile(next(one for one in tar.getnames() if one.endswith("/checkpoints")))
        assert held is not None
        kept.write_bytes(held.read())
    seen = json.loads(ours(second, "--seen", str(kept), "--json")[1])[0]
    assert (seen["exit"], seen["not_compared"], seen["witnessed"] >= seen["begins"]) == (0, 2, True)
    assert "2 checkpoints that you kept lie before" in alone(second, "--seen", str(kept))[1]
    opened = tmp_path / "opened"
    with tarfile.open(second) as tar:
        tar.extractall(opened, filter="data")
    place = next(one for one in opened.iterdir() if one.is_dir())
    (place / "checkpoints").write_text(f"{log.notes[0]}\n")
    assert (ours(opened)[0], alone(opened)[0]) == (20, 20), (
        "what was signed before it vouches for nothing in it"
    )


def test_a_part_that_was_changed(folder: Path, tmp_path: Path) -> None:
    file, opened = tmp_path / "part.tar", tmp_path / "opened"
    export(folder, file, "--from", at(1500), "--to", at(2000))
    with tarfile.open(file) as tar:
        tar.extractall(opened, filter="data")
    place = next(one for one in opened.iterdir() if one.is_dir())
    first, *_ = sorted((place / "entries").iterdir())
    original = first.read_bytes()
    first.write_bytes(original.replace(b'"tool":"tool-2', b'"tool":"tool-3', 1))
    assert (ours(opened)[0], alone(opened)[0]) == (10, 10)
    first.write_bytes(original.replace(b'"peaks":"', b'"peaks":"ab', 1))
    assert (ours(opened)[0], alone(opened)[0]) == (10, 10)
    first.write_bytes(original)
    assert (ours(opened)[0], alone(opened)[0]) == (0, 0)
    (place / "begins").write_text("0")
    assert (ours(opened)[0], alone(opened)[0]) == (14, 14), "what lies before is missed"


def test_the_program_that_comes_with_it_needs_nothing_of_ours(folder: Path, tmp_path: Path) -> None:
    file, opened = tmp_path / "evidence.tar", tmp_path / "opened"
    export(folder, file)
    with tarfile.open(file) as tar:
        tar.extractall(opened, filter="data")
    program = (opened / "verify.py").read_text()
    printed = CliRunner().invoke(app, ["audit", "verifier"]).output
    assert program == printed == commands.verifier_text()
    tops = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
    }
    assert tops - set(sys.stdlib_module_names) == {"cryptography"}
    command = [sys.executable, "-I", str(opened / "verify.py"), str(file), "--key", log_of(folder).vkey]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "whole"), done.stdout + done.stderr
    done = subprocess.run([*command[:3], str(tmp_path / "none.tar")], capture_output=True, text=True)
    assert done.returncode == 2


def test_what_is_no_export(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "evidence.tar"
    export(folder, file)
    (tmp_path / "text").write_text("hello")
    for path in (tmp_path / "text", tmp_path / "absent"):
        with pytest.raises(Invalid, match="cannot read"):
            ours(path)
        assert alone(path)[0] == 2
    (tmp_path / "empty").mkdir()
    with pytest.raises(Missing):
        ours(tmp_path / "empty")
    assert alone(tmp_path / "empty")[0] == 2
    with pytest.raises(Invalid, match="not a key"):
        ours(file, "--key", "nonsense")
    assert alone(file, "--key", "nonsense")[0] == 2


def test_an_export_of_which_the_end_is_missing(folder: Path, tmp_path: Path) -> None:
    file, torn = tmp_path / "evidence.tar", tmp_path / "torn.tar"
    export(folder, file)
    with tarfile.open(file) as tar:
        last = tar.getmembers()[-1]
    raw = file.read_bytes()
    for end in (*range(600, last.offset_data + last.size, 1500), last.offset_data + last.size - 1):
        torn.write_bytes(raw[:end])
        try:
            code, _ = ours(torn)
        except TrimtabError:
            code = 2
        assert code != 0, end
        assert alone(torn)[0] != 0, end


def test_another_key_than_the_one_that_was_told(folder: Path) -> None:
    stranger = Log(origin=log_of(folder).origin, private=b"s" * 32, segments=(), notes=())
    assert (ours(folder, "--key", stranger.vkey)[0], alone(folder, "--key", stranger.vkey)[0]) == (18, 18)


def test_a_log_that_is_being_written(tmp_path: Path) -> None:
    clock = VirtualClock()
    log = Writer(tmp_path, "shop", clock)
    log.write(Said(clock.now_ns(), "decision", {}))
    file = next((tmp_path / "000" / "entries").iterdir())
    with file.open("ab") as more:
        more.write(b'{"actor":"agent","at')
    code, said = ours(tmp_path)
    assert (code, "20 bytes at the end" in said, "nothing is signed" in said) == (20, True, True)
    log.close()
