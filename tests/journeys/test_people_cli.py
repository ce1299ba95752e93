"""From the first start to people at work: the link in the terminal, the commands, the log."""

import json
import re
import subprocess
from pathlib import Path

from tests.support.bodies import JSON
from tests.support.server import TRIMTAB, Served, serving

PASSWORD = "correct horse battery"


def run(data: Path, *words: str) -> str:
    done = subprocess.run([TRIMTAB, *words, "--data", str(data)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def post(served: Served, path: str, value: object, **headers: str) -> tuple[int, dict[str, str]]:
    sent = {"authorization": ""} | headers
    answer = served.request("POST", f"/api/v1/{path}", json.dumps(value).encode(), content_type=JSON, **sent)
    return answer.status, answer.headers


def test_the_first_admin_comes_by_the_link_in_the_terminal(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as served:
        link = re.findall(r"/welcome/(\S+)", served.log.read_text())[0]
        status, headers = post(served, f"welcome/{link}", {"password": PASSWORD, "name": "ada"})
        assert status == 200
        cookie = headers["set-cookie"].partition(";")[0]
        invited = run(data, "users", "invite", "bo", "responder")
        token = re.findall(r"/welcome/(\S+)", invited)[0]
        assert post(served, f"welcome/{token}", {"password": PASSWORD})[0] == 200
        origin = f"http://127.0.0.1:{served.port}"
        sent = {"cookie": cookie, "origin": origin}
        assert post(served, "rates", {"session_usd": 0.1}, **sent)[0] == 200
        run(data, "users", "role", "bo", "viewer")
        people = json.loads(run(data, "users", "list", "--json"))
        assert {(one["name"], one["role"]) for one in people} == {("ada", "admin"), ("bo", "viewer")}
        log = json.loads(run(data, "audit", "list", "--json"))
        assert [one["action"] for one in log if one["who"] == "user:ada"] == ["POST /api/v1/rates"]
        assert "bo" in run(data, "users", "remove", "bo")
    with serving(data) as served:
        assert len(re.findall(r"/welcome/", served.log.read_text())) == 1
    assert "ada" in run(data, "users", "list")
    assert "PATCH /api/v1/users/{user}" in run(data, "audit", "list")
