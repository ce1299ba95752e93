"""On real runs: inferring beats the constant answer on tasks it has not seen, and the estimate covers the truth."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.bodies import PROTOBUF, span, traces_of

from trimtab.app.bootstrap import open_server
from trimtab.app.settings import Settings
from trimtab.loop.evals import powered
from trimtab.loop.evals.infer import label_of
from trimtab.loop.evals.logistic import fit, held_out
from trimtab.loop.evals.prior import prior
from trimtab.loop.evals.signals import SIGNALS, signals_of
from trimtab.loop.store import Scope

Run = Callable[..., Any]
DRAWS = 1000
CORPORA = {"tau-bench": ("tau_bench_airline", "task", 0.5), "agentdojo": ("agentdojo_runs", "task", 0.2)}


@pytest.fixture(scope="module", params=CORPORA)
def corpus(
    request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    from trimtab.app.cli.desk import open_desk
    from trimtab.app.cli.importing import run

    folder, group, share = CORPORA[request.param]
    settings = Settings(data=tmp_path_factory.mktemp("data"))
    with open_desk(settings, None) as desk:
        run(desk, request.param, [shared_data / folder / "records.jsonl.gz"], quiet=True)
        report = desk.get("/api/v1/infer", group=group)
    with open_server(settings) as server:
        rows, signals = signals_of(server.analytics, Scope(project="default"), group)
    labels = np.array([label_of(row) for row in rows], dtype=float)
    return report, signals, labels, [str(row["task"]) for row in rows], share


def test_it_beats_the_constant_answer_on_tasks_it_has_not_seen(corpus: Any) -> None:
    quality = corpus[0]["quality"]
    assert quality["accuracy"] > quality["majority"] + 0.04
    assert quality["brier"] < quality["brier_constant"]
    assert sum(sum(row.values()) for row in quality["confusion"].values()) == quality["n"] == len(corpus[2])


@pytest.mark.full
def test_the_estimate_covers_the_truth_over_a_thousand_draws_of_labels(
    corpus: Any, record_property: Callable[[str, object], None]
) -> None:
    _, signals, labels, tasks, share = corpus
    dice = np.random.default_rng(int.from_bytes(hashlib.blake2b(b"draws", digest_size=4).digest(), "big"))
    covered = width = alone = 0.0
    for _ in range(DRAWS):
        drawn = dice.random(len(labels)) < share
        mine = [task for task, kept in zip(tasks, drawn, strict=True) if kept]
        tried = held_out(signals[drawn], labels[drawn], mine, folds=5)
        others = fit(signals[drawn], labels[drawn]).predict(signals[~drawn])
        found = powered(labels[drawn], tried, others)
        bare = powered(labels[drawn], tried, others[:0])
        assert found is not None
        assert bare is not None
        covered += found.interval[0] <= labels.mean() <= found.interval[1]
        width += found.interval[1] - found.interval[0]
        alone += bare.interval[1] - bare.interval[0]
    record_property("covered", float(covered / DRAWS))
    record_property("width of labels alone", float(width / alone))
    assert covered / DRAWS >= 0.94
    assert width < alone


def test_the_weights_that_ship_are_those_of_the_recorded_runs(shared_data: Path) -> None:
    from bench.infer import run as measure

    assert shared_data.is_dir()
    raw = measure(quick=True).raw
    for name, centre, scale, weight in zip(
        SIGNALS, prior().model.centre, prior().model.scale, prior().model.weights[1:], strict=True
    ):
        assert raw["prior"]["signals"][name] == pytest.approx([centre, scale, weight], rel=1e-2, abs=1e-3), (
            name
        )
    for one in prior().measured:
        found = raw[one["on"]][one["tried"].replace(" ", "_")]
        assert found["accuracy"] == pytest.approx(one["accuracy"], abs=1e-3)
        assert found["majority"] == pytest.approx(one["majority"], abs=1e-3)
        if one["tried"] == "unseen tasks":
            assert found["accuracy"] > found["majority"] + 0.04


def test_what_was_inferred_is_kept_when_asked_for(tmp_path: Path) -> None:
    from trimtab.app.cli.desk import open_desk

    names = [f"run-{number:02}@example.com" for number in range(60)]
    spans = [
        span(
            number + 1,
            {"session.id": name, "gen_ai.operation.name": "execute_tool", "trimtab.session.end": True}
            | ({"error.type": "Oops"} if number % 2 else {}),
        )
        for number, name in enumerate(names)
    ]
    labels = [
        {"id": name, "kind": "outcome", "source": "app", "session": name, "label": label, "time": time.time()}
        for name, label in zip(names[:50], ["success", "failure"] * 25, strict=True)
    ]
    with open_desk(Settings(data=tmp_path), None) as desk:
        desk.post("/v1/traces", traces_of(spans), media=PROTOBUF)
        position = desk.post("/api/v1/facts", labels)["position"]
        desk.get("/api/v1/status", wait_for=position)
        for _ in range(2):
            kept = desk.post("/api/v1/infer", {})
            assert kept["kept"] == 10
            desk.get("/api/v1/status", wait_for=kept["position"])
        told = desk.post(
            "/api/v1/query",
            {"sql": "select outcome_source, outcome, count(*) from sessions group by all order by all"},
        )
    assert told["rows"] == [
        ["app", "failure", 25],
        ["app", "success", 25],
        ["inferred", "failure", 5],
        ["inferred", "success", 5],
    ]
