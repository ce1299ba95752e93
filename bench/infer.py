"""How far outcomes can be inferred from what sessions look like: on unseen tasks, and on a benchmark that was not learnt on.

It also fits the weights that ship (`src/trimtab/loop/evals/prior.json`); they are in the raw part of the result.
"""

import contextlib
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.outcome import Line, Outcome, at_least, no_target
from trimtab.app.bootstrap import open_server
from trimtab.app.cli.desk import open_desk
from trimtab.app.cli.importing import run as import_files
from trimtab.app.settings import Settings
from trimtab.loop.evals.infer import label_of
from trimtab.loop.evals.logistic import Matrix, Model, Vector, fit, fold_of, quality
from trimtab.loop.evals.signals import SIGNALS, signals_of
from trimtab.loop.store import Scope

DATA = Path("../shared/data")
CORPORA = {"tau-bench": "tau_bench_airline", "agentdojo": "agentdojo_runs"}
FOLDS = 10
Corpus = tuple[Matrix, Vector, list[str]]


def corpus(form: str, folder: Path) -> Corpus:
    """Signals, labels and tasks of a benchmark's recorded runs."""
    settings = Settings(data=folder / form)
    with open_desk(settings, None) as desk:
        import_files(desk, form, [DATA / CORPORA[form] / "records.jsonl.gz"], quiet=True)
    with open_server(settings) as server:
        rows, signals = signals_of(server.analytics, Scope(project="default"), "task")
    return signals, np.array([label_of(row) for row in rows], dtype=float), [str(row["task"]) for row in rows]


def together(parts: list[tuple[Matrix, Vector]]) -> Model:
    """One model of several benchmarks, each as often as makes them weigh about the same."""
    most = max(len(labels) for _, labels in parts)
    times = [max(1, most // max(len(labels), 1)) for _, labels in parts]
    signals = np.vstack([np.repeat(of[0], n, axis=0) for of, n in zip(parts, times, strict=True)])
    labels = np.concatenate([np.repeat(of[1], n) for of, n in zip(parts, times, strict=True)])
    return fit(signals, labels)


def unseen(name: str, known: dict[str, Corpus]) -> Vector:
    """Predictions for a benchmark by models of both that have not seen the task."""
    signals, labels, tasks = known[name]
    of = np.array([fold_of(task, FOLDS) for task in tasks])
    others = [(one[0], one[1]) for other, one in known.items() if other != name]
    found = np.zeros(len(labels))
    for fold in set(of.tolist()):
        mine = of == fold
        found[mine] = together([(signals[~mine], labels[~mine]), *others]).predict(signals[mine])
    return found


def prior(model: Model) -> dict[str, Any]:
    """A model as it ships."""
    rows = zip(model.centre, model.scale, model.weights[1:], strict=True)
    return {
        "intercept": float(model.weights[0]),
        "signals": {name: [float(v) for v in row] for name, row in zip(SIGNALS, rows, strict=True)},
    }


def run(*, quick: bool) -> Outcome:
    """Both benchmarks, whole: `quick` changes nothing."""
    del quick
    if not DATA.is_dir():
        raise SystemExit(f"no recorded runs at {DATA}")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack():
        known = {form: corpus(form, Path(name)) for form in CORPORA}
    raw: dict[str, Any] = {"prior": prior(together([(one[0], one[1]) for one in known.values()]))}
    found: list[Line] = []
    for form, (signals, labels, _) in known.items():
        (other,) = (one for key, one in known.items() if key != form)
        tried = quality(unseen(form, known), labels)
        foreign = quality(fit(other[0], other[1]).predict(signals), labels)
        raw[form] = {"unseen_tasks": asdict(tried), "learnt_on_the_other": asdict(foreign)}
        found += [
            at_least(f"{form}, unseen tasks: right (n {tried.n})", tried.accuracy, tried.majority, "share"),
            no_target("  learnt on the other benchmark alone", foreign.accuracy, "share", foreign.majority),
            no_target("  Brier score, unseen tasks", tried.brier, "", tried.brier_constant),
        ]
    return Outcome(name="infer", raw=raw, lines=found)
