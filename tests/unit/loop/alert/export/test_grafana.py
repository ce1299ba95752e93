"""The dashboard: of a shape that Grafana loads, with queries that Prometheus understands and our rules record."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from trimtab.loop.alert.export import dashboard, rule_groups
from trimtab.loop.budget import Measure, Objective, Span, Window


def objectives() -> list[Objective]:
    return [
        Objective(
            id=name,
            slo=name,
            target=0.95,
            window=Window(span=Span(count=days, unit="d")),
            measure=Measure(indicator="task_success"),
        )
        for name, days in (("answers", 30), ("refunds", 7))
    ]


def queries() -> list[str]:
    return [target["expr"] for panel in dashboard(objectives())["panels"] for target in panel["targets"]]


def test_it_is_json_with_panels_that_do_not_overlap() -> None:
    found = dashboard(objectives())
    assert json.loads(json.dumps(found)) == found
    assert [panel["id"] for panel in found["panels"]] == list(range(1, len(found["panels"]) + 1))
    taken: set[tuple[int, int]] = set()
    for panel in found["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        assert panel["datasource"]["uid"] == "${datasource}"
    titles = " ".join(panel["title"] for panel in found["panels"])
    assert all(word in titles for word in ("Budget left", "Burn rate", "Share of good events", "Events"))
    assert found["schemaVersion"] >= 39
    assert {one["name"] for one in found["templating"]["list"]} == {"datasource", "objective"}


def test_every_series_it_asks_for_is_recorded() -> None:
    recorded = {
        rule["record"]
        for one in objectives()
        for group in rule_groups(one)
        for rule in group["rules"]
        if "record" in rule
    }
    asked = {name for expr in queries() for name in re.findall(r"slo:\w+:\w+", expr)}
    assert asked <= recorded
    assert {"slo:sli_error:ratio_rate30d", "slo:sli_error:ratio_rate7d"} <= asked


@pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="promtool is missing: apt-get install --no-install-recommends prometheus",
)
def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    rules = [{"record": f"x:y{at}", "expr": expr} for at, expr in enumerate(queries())]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
