"""Signing in at another system in a real browser, whose cookies and policies decide whether the way back works."""

import json
import subprocess
import time
from pathlib import Path

import pytest
from tests.support.console import NEEDED, listening
from tests.support.environments import environment
from tests.support.issuer import CLIENT, SECRET, issuing
from tests.support.server import inside

pytestmark = pytest.mark.full
SCRIPT = Path(__file__).parents[1] / "support" / "browser_elsewhere.py"


def test_a_browser_signs_in_at_another_site_and_out_again(tmp_path: Path) -> None:
    with issuing(lambda: int(time.time()), "localhost") as issuer:  # to a browser another site than 127.0.0.1
        settings = {
            "oidc_issuer": issuer.url,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_default_role": "viewer@default",
        }
        with inside(tmp_path / "data", **settings) as door, listening(door) as address:
            done = subprocess.run(
                [environment("browser", NEEDED) / "python", SCRIPT],
                input=json.dumps({"url": address, "issuer": issuer.url}),
                capture_output=True,
                text=True,
                timeout=120,
            )
        assert done.returncode == 0, done.stderr[-3000:]
        found = json.loads(done.stdout)
        assert (found["me"]["name"], found["me"]["role"]) == ("ada", "viewer")
        assert found["cookies"] == {"trimtab": "Lax"}
        assert found["seen_by_scripts"] == ""
        assert found["out"].startswith(f"{issuer.url}/out?client_id=trimtab&post_logout_redirect_uri=")
        assert "another site" in found["forced"]
        assert [one for one in found["complaints"] if "404" not in one and "403" not in one] == []
