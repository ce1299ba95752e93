"""What is sealed for a person is noise once their key is gone, and the log stays whole."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from trimtab.adapters.aes_gcm import AesVault
from trimtab.adapters.ed25519 import Ed25519Key
from trimtab.app.cli.main import app
from trimtab.edge.audit import AuditLog, Pace, Payloads, Writer, open_payloads, read_logs
from trimtab.edge.runtime import Session, Told
from trimtab.vocabulary.contract import read_contract
from trimtab.vocabulary.kernel import Invalid, Missing, SystemClock

CONTRACT = read_contract(
    "apiVersion: trimtab/v1\nkind: AgentContract\nmetadata: {name: shop}\nspec: {tools: {look: {effect: read}}}\n"
)
ARGS = {"to": "DE89370400440532013000", "amount": 12.5}


def entries(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for one in read_logs(folder) for file in one.segments for line in file]


def told(folder: Path, keys: Path, user: str) -> str:
    """One call of a user; who that is in the log."""
    clock = SystemClock()
    log = AuditLog(
        Writer(folder, "shop", clock, make_key=Ed25519Key.kept, pace=Pace(gather_s=3600)), clock, b"s"
    ).sealing(Payloads(folder, AesVault(keys)))
    session = Session("s1", clock, user=user)
    log.tell(Told(event="decision", tool="look", args=ARGS), session, CONTRACT)
    log.tell(Told(event="call.started", tool="look", args=ARGS), session, CONTRACT)
    log.close()
    return log.digest("person", user)


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["audit", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def test_the_key_goes_and_the_log_stays_whole(tmp_path: Path) -> None:
    folder, keys = tmp_path / "audit", tmp_path / "keys" / "subjects.db"
    ann, bob = told(folder, keys, "ann"), told(folder, keys, "bob")
    first, again = [one for one in entries(folder) if one.get("who") == ann]
    assert first["args_digest"] == again["args_digest"]
    assert "sealed" in first["detail"]
    assert "sealed" not in again.get("detail", {}), "once for a call"
    other = [one for one in entries(folder) if one.get("who") == bob]
    assert other[0]["args_digest"] != first["args_digest"], (
        "each subject's digests are made with a key of theirs"
    )
    raw = b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())
    assert ARGS["to"].encode() not in raw  # type: ignore[union-attr]
    opened = [json.loads(line) for line in run("unseal", folder, "--keys", keys).splitlines()]
    assert opened == [
        {"id": first["detail"]["sealed"], "who": ann, "args": ARGS},
        {"id": other[0]["detail"]["sealed"], "who": bob, "args": ARGS},
    ]
    assert keys.stat().st_mode & 0o077 == 0

    stolen = AesVault(keys)._key(ann)
    run("forget", folder, ann, "--keys", keys)
    assert stolen not in keys.read_bytes()
    left = [json.loads(line)["args"] for line in run("unseal", folder, "--keys", keys).splitlines()]
    assert left == [None, ARGS]
    assert run("unseal", folder, "--keys", keys, "--who", bob).count("\n") == 1
    assert "whole" in run("verify", folder)
    assert [one["who"] for one in entries(folder) if one["event"] == "subject.forgotten"] == [ann]
    with pytest.raises(Missing):
        CliRunner().invoke(
            app, ["audit", "forget", str(folder), ann, "--keys", str(keys)], catch_exceptions=False
        )
    with pytest.raises(Invalid, match="no subject"):
        CliRunner().invoke(
            app, ["audit", "forget", str(folder), "ann", "--keys", str(keys)], catch_exceptions=False
        )
    told(folder, keys, "ann")
    assert [one.content is None for one in open_payloads(folder, AesVault(keys))] == [True, False, False]


def test_a_box_is_bound_to_its_name_and_its_subject(tmp_path: Path) -> None:
    vault = AesVault(tmp_path / "keys.db")
    box = vault.seal("ann", "a", b"content")
    assert vault.open("ann", "a", box) == b"content"
    vault.seal("bob", "b", b"")
    assert vault.open("ann", "b", box) is None
    assert vault.open("bob", "a", box) is None
    assert vault.open("ann", "a", box[:-1] + bytes([box[-1] ^ 1])) is None
    assert vault.open("ann", "a", b"") is None
    assert vault.open("nobody", "a", box) is None
    assert vault.digest("ann", b"m") != vault.digest("bob", b"m")


def test_where_it_cannot_be_sealed_the_entry_is_there_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    warned: list[str] = []
    clock = SystemClock()
    log = AuditLog(Writer(tmp_path / "audit", "shop", clock), clock, b"s").warning(warned.append)
    log.sealing(Payloads(tmp_path / "audit", AesVault(tmp_path / "file" / "keys.db")))
    session = Session("s1", clock, user="ann")
    assert log.tell_first(Told(event="call.started", args=ARGS), session, CONTRACT) == ""
    log.close()
    assert "cannot be kept" in warned[0]
    assert "args_digest" not in entries(tmp_path / "audit")[1]
