"""What the operators' page says of figures, metrics and settings is so."""

import json
import re
from pathlib import Path

import pytest

from trimtab.app.settings import CONVERT

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
FIGURES = (
    ("ingest", "durable ack, sustained, redaction mask", "acknowledged on disk, masking (the default)"),
    ("ingest", "durable ack, sustained, redaction off", "acknowledged on disk, without masking"),
    ("ingest", "queryable, redaction mask", "shown in pages and numbers, masking"),
    ("queries", "applying new spans to that store", "applying new spans to a store of ten million"),
    ("ingest", "disk, journal and analytics", "disk, all of it but words"),
    ("queries", "disk, analytics of that store", "disk, analytics of ten million steps"),
    ("start", "idle memory, RSS", "memory when idle"),
    ("start", "start to ready, existing data folder", "start to ready, with a store"),
    ("queries", "indicators of an agent, 30 days", "indicators of an agent over 30 days, ten million steps"),
    ("upgrade", "open, now", "as they are"),
    ("upgrade", "open, schema 3", "from the schema before"),
    ("upgrade", "open, schema 2", "from two before"),
    ("upgrade", "open, schema 1", "from three before"),
)


@pytest.mark.parametrize(("name", "line", "says"), FIGURES, ids=lambda one: one)
def test_a_figure_is_quoted_as_measured(name: str, line: str, says: str) -> None:
    lines = json.loads((ROOT / "bench" / "results" / f"{name}.json").read_bytes())["lines"]
    measured = next(one["value"] for one in lines if one["what"] == line)
    quoted = re.search(rf"^\| {re.escape(says)} \| ([\d.,]+) \|", PAGE, re.MULTILINE)
    assert quoted, says
    assert float(quoted[1].replace(",", "")) == float(f"{measured:.2g}")


def test_every_figure_is_checked() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [\d.,]+ \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(says for _, _, says in FIGURES)


def test_metrics_exist() -> None:
    known = (ROOT / "src" / "trimtab" / "app" / "http" / "metrics.py").read_text(encoding="utf-8")
    named = set(re.findall(r"`(trimtab_\w+)`", PAGE))
    assert len(named) > 5
    assert [one for one in named if f'"{one}"' not in known] == []


def test_settings_exist() -> None:
    named = set(re.findall(r"\bTRIMTAB_([A-Z_]+[A-Z])\b", PAGE))
    assert named - {name.upper() for name in CONVERT} - {"DATA"} == set()
