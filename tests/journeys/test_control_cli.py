"""`trimtab control`: set, show, undo, over a data folder that no server has open."""

import json
import subprocess
from pathlib import Path

from tests.support.bodies import JSON
from tests.support.server import TRIMTAB, serving


def run(data: Path, *words: str, fails: bool = False) -> str:
    command = [TRIMTAB, "control", *words, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


def test_a_switch_is_set_shown_and_taken_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert "--reason" in run(data, "set", "read_only", fails=True)
    assert "autonomy" in run(data, "set", "fly", "--reason", "x", fails=True)
    said = run(data, "set", "tool_off:refund.create", "--agent", "support", "--reason", "wrong sums")
    name = said.split()[0]
    assert "until" in said
    assert f"{name}  stands   tool_off:refund.create" in run(data, "show")
    document = json.loads(run(data, "show", "--agent", "support", "--json"))
    assert [one["what"] for one in document["orders"]] == ["tool_off:refund.create"]
    assert "wrong sums" in run(data, "show", "--agent", "support")
    assert "nothing beyond" in run(data, "show", "--agent", "sales")
    assert name in run(data, "undo", name[:5], "--reason", "mended", "--by", "ann")
    assert "nothing: agents do" in run(data, "show")
    (gone,) = json.loads(run(data, "show", "--all", "--json"))
    assert (gone["undone_by"], gone["undone_why"]) == ("ann", "mended")
    assert run(data, "key").startswith("trimtab/control+")


def test_what_waits_is_listed_and_answered(tmp_path: Path) -> None:
    data = tmp_path / "data"

    def approvals(*words: str) -> str:
        command = [TRIMTAB, "approvals", *words, "--data", str(data)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with serving(data) as served:
        sent = {
            "agent": "support",
            "tool": "pay",
            "args": '{"to": "eve"}',
            "args_digest": "a",
            "contract_digest": "c",
            "doubts": {"to": "to is 'eve' from mail.read"},
        }
        made = served.request("POST", "/api/v1/approvals", json.dumps(sent).encode(), content_type=JSON).json
        said = approvals("list")
        assert f"{made['id']}  requested  support wants pay" in said
        assert "! to: to is 'eve' from mail.read" in said
        assert "0 of 1 yes of anybody" in approvals("show", made["id"][:6])
        assert approvals("deny", made["id"], "--reason", "nobody knows eve") == f"{made['id']} is denied\n"
        assert approvals("list") == "nothing waits\n"
        assert "denied           1" in approvals("figures")
