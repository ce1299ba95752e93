"""Exported rules: Sloth's names and thresholds, valid for promtool, and the same burn rates as ours on the same counters."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

from trimtab.loop.alert.export import rule_groups, rules_yaml
from trimtab.loop.alert.rules import burn_rate, pairs_of
from trimtab.loop.budget import Measure, Minutes, Objective, Span, Window
from trimtab.vocabulary.kernel import Invalid

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is missing: apt-get install --no-install-recommends prometheus"
)
MINUTE_NS = 60_000_000_000
THRESHOLD = re.compile(r"ratio_rate(\w+)\{[^}]*\} > \(([\d.]+) \* ([\d.e-]+)\)")
SLOTH = {
    ("page", "5m"): 14.4 * 0.0009999999999999432,
    ("page", "1h"): 14.4 * 0.0009999999999999432,
    ("page", "30m"): 6 * 0.0009999999999999432,
    ("page", "6h"): 6 * 0.0009999999999999432,
    ("ticket", "2h"): 3 * 0.0009999999999999432,
    ("ticket", "1d"): 3 * 0.0009999999999999432,
    ("ticket", "6h"): 1 * 0.0009999999999999432,
    ("ticket", "3d"): 1 * 0.0009999999999999432,
}
"""By severity and window, as Sloth prints them for 99.9 % over 30 days."""
PYRRA = {("2m", "1h", "5m", 14), ("15m", "6h", "30m", 7), ("1h", "1d", "2h", 2), ("3h", "4d", "6h", 1)}
"""(for, long, short, factor) as Pyrra has them for 28 days."""


def objective(target: float = 0.99, days: int = 30, **more: object) -> Objective:
    given: dict[str, object] = {
        "id": "answers/good",
        "slo": "answers",
        "service": "airline",
        "target": target,
        "window": Window(span=Span(count=days, unit="d")),
        "measure": Measure(indicator="task_success"),
        "labels": {"team.name": 'the "desk"'},
    }
    return Objective(**(given | more))  # type: ignore[arg-type]


def alerts_of(one: Objective, catalogue: str = "") -> list[dict[str, object]]:
    groups = rule_groups(one, pairs_of(one.window, catalogue))
    return [rule for rule in groups[2]["rules"] if rule["alert"] == "BudgetBurn"]


def test_names_and_labels_are_those_of_sloth() -> None:
    groups = rule_groups(objective())
    assert [group["name"] for group in groups] == [
        f"sloth-slo-{kind}-airline-answers-good" for kind in ("sli-recordings", "meta-recordings", "alerts")
    ]
    sli, meta, _ = ([rule.get("record") for rule in group["rules"]] for group in groups)
    assert sli == [f"slo:sli_error:ratio_rate{w}" for w in ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")]
    assert meta == [
        "slo:objective:ratio",
        "slo:error_budget:ratio",
        "slo:time_period:days",
        "slo:current_burn_rate:ratio",
        "slo:period_burn_rate:ratio",
        "slo:period_error_budget_remaining:ratio",
        "sloth_slo_info",
    ]
    assert groups[0]["rules"][0]["labels"] == {
        "team_name": 'the "desk"',
        "sloth_id": "airline-answers-good",
        "sloth_service": "airline",
        "sloth_slo": "answers-good",
        "sloth_window": "5m",
    }


def test_thresholds_are_those_that_sloth_publishes() -> None:
    found = {}
    for rule in alerts_of(objective(0.999)):
        for window, factor, budget in THRESHOLD.findall(str(rule["expr"])):
            found[rule["labels"]["sloth_severity"], window] = float(factor) * float(budget)  # type: ignore[index]
        assert "for" not in rule
    assert found == pytest.approx(SLOTH, rel=1e-9)


def test_thresholds_are_those_that_pyrra_publishes() -> None:
    found = set()
    for rule in alerts_of(objective(0.99, days=28), "pyrra-28d"):
        (short, factor, budget), (long, again, _) = THRESHOLD.findall(str(rule["expr"]))
        assert (factor, float(budget)) == (again, 0.01)
        found.add((rule["for"], long, short, float(factor)))
    assert found == PYRRA


def test_what_can_never_fire_is_left_out_and_named() -> None:
    text = rules_yaml([objective(0.9)])
    assert text.startswith(
        "# answers/good: left out page quick, it can never fire: 14.4 times the budget needs a target above 93.06%\n"
    )
    assert "14.4 *" not in text
    assert "6 * 0.1" in text


def test_slices_cannot_be_exported() -> None:
    with pytest.raises(Invalid):
        rule_groups(objective(method="timeslices", slice_target=0.9))


def promtool(*given: str) -> None:
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *given], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_accepts_the_rules(tmp_path: Path) -> None:
    ones = [objective(0.9), objective(0.99, 28, id="b", service=""), objective(0.95, 7, id="c", labels={})]
    path = tmp_path / "rules.yml"
    path.write_text(rules_yaml(ones, {"project": "default"}))
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(path))


def series(found: Minutes, one: Objective, until: int) -> list[dict[str, str]]:
    """The counters as they stand at the end of each minute."""
    table = []
    for outcome, counts in (("good", found.good), ("bad", found.bad)):
        each = np.zeros(until, dtype=np.int64)
        each[found.minute] = counts
        values = " ".join(map(str, [0, *np.cumsum(each).tolist()]))
        name = f'trimtab_sli_events_total{{objective="{one.id}",outcome="{outcome}",instance="a"}}'
        table.append({"series": name, "values": values})
    return table


def minutes_of(good: np.ndarray, bad: np.ndarray) -> Minutes:
    kept = np.flatnonzero(good + bad)
    none = np.zeros(len(kept), dtype=np.int64)
    return Minutes(minute=kept, good=good[kept], bad=bad[kept], excluded=none, unknown=none)


def expect(expr: str, at_min: int, value: float | None) -> dict[str, object]:
    """What promtool shall find, to 1e-9; None for no sample."""
    if value is None:
        return {"expr": expr, "eval_time": f"{at_min}m", "exp_samples": []}
    near = f"abs(sum({expr}) - {value!r}) <= bool 1e-9"
    return {"expr": near, "eval_time": f"{at_min}m", "exp_samples": [{"labels": "{}", "value": 1}]}


def run_promtool(tmp_path: Path, one: Objective, test: dict[str, object]) -> None:
    (tmp_path / "rules.yml").write_text(rules_yaml([one]))
    document = {"rule_files": ["rules.yml"], "evaluation_interval": test["interval"], "tests": [test]}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(document, width=10_000_000))
    promtool("test", "rules", str(tmp_path / "test.yml"))


@needs_promtool
def test_promtool_finds_our_burn_rates_on_the_same_counters(tmp_path: Path) -> None:
    dice, until, one = np.random.default_rng(6), 600, objective(0.97)
    good, bad = dice.poisson(3, until), dice.poisson(0.2, until)
    bad[300:420] += dice.poisson(2, 120)
    good[450:470] = bad[450:470] = 0
    found = minutes_of(good, bad)
    looks = [
        (at, w, span) for at in (361, 400, 462, 470, 599) for w, span in (("5m", 5), ("1h", 60), ("6h", 360))
    ]
    rates = []
    for at, window, span in looks:
        ours = burn_rate(one, found, span, at * MINUTE_NS)
        query = f'slo:sli_error:ratio_rate{window}{{sloth_slo="answers-good"}} / {one.budget!r}'
        rates.append(expect(query, at, ours))
    assert sum(not one["exp_samples"] for one in rates) == 2
    test = {"interval": "1m", "input_series": series(found, one, until), "promql_expr_test": rates}
    run_promtool(tmp_path, one, test)


@needs_promtool
@pytest.mark.parametrize(("target", "fires"), [(0.999, 1), (0.99, 9), (0.95, 44)])
def test_in_promtool_an_outage_fires_when_ours_does(tmp_path: Path, target: float, fires: int) -> None:
    good, bad = np.full(500, 100), np.zeros(500, dtype=np.int64)
    good[400:], bad[400:] = 0, 100
    one = objective(target, labels={})
    (page,) = [rule for rule in alerts_of(one) if rule["labels"]["sloth_severity"] == "page"]  # type: ignore[index]
    expr = f"count({page['expr']})"
    at = 400 + fires
    test = {
        "interval": "1m",
        "input_series": series(minutes_of(good, bad), one, 500),
        "promql_expr_test": [
            {"expr": expr, "eval_time": f"{at - 1}m", "exp_samples": []},
            {"expr": expr, "eval_time": f"{at}m", "exp_samples": [{"labels": "{}", "value": 1}]},
        ],
    }
    run_promtool(tmp_path, one, test)


@needs_promtool
def test_a_busy_hour_and_idle_ones_give_the_ratio_of_events_not_a_mean_of_ratios(tmp_path: Path) -> None:
    """The mean of ratios is .4583 here, its budget left -457; and one idle 5 minutes makes both NaN."""
    one = objective(0.999)
    good = "0+100000x12 1200001+1x131 1200132x6"
    bad = "0x12 1+1x131 132x6"
    name = f'trimtab_sli_events_total{{objective="{one.id}",outcome='
    rows = [{"series": f'{name}"good"}}', "values": good}, {"series": f'{name}"bad"}}', "values": bad}]
    share = 132 / 1_200_264
    assert share == pytest.approx(1.0998e-4, abs=5e-9)
    mine = '{sloth_slo="answers-good"}'
    test = {
        "interval": "5m",
        "input_series": rows,
        "promql_expr_test": [
            expect(f"slo:sli_error:ratio_rate30d{mine}", 745, share),
            expect(f"slo:period_error_budget_remaining:ratio{mine}", 745, 1 - share / 0.001),
            expect(f"slo:sli_error:ratio_rate1h{mine}", 745, 0.5),
        ],
    }
    run_promtool(tmp_path, one, test)


@needs_promtool
def test_in_promtool_the_alerts_carry_their_labels(tmp_path: Path) -> None:
    one = objective(0.95, labels={"team": "desk"})
    good, bad = np.full(460, 100), np.zeros(460, dtype=np.int64)
    good[400:], bad[400:] = 0, 100
    identity = {"sloth_id": "airline-answers-good", "sloth_service": "airline", "sloth_slo": "answers-good"}
    expected = [
        {"exp_labels": {**rule["labels"], **identity}, "exp_annotations": rule["annotations"]}  # type: ignore[dict-item]
        for rule in alerts_of(one)
    ]
    assert [row["exp_labels"]["sloth_severity"] for row in expected] == ["page", "ticket"]
    test = {
        "interval": "1m",
        "input_series": series(minutes_of(good, bad), one, 460),
        "alert_rule_test": [
            {"eval_time": "350m", "alertname": "BudgetBurn", "exp_alerts": []},
            {"eval_time": "455m", "alertname": "BudgetBurn", "exp_alerts": expected},
            {"eval_time": "455m", "alertname": "NoData", "exp_alerts": []},
        ],
    }
    run_promtool(tmp_path, one, test)
