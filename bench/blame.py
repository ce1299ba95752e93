"""Blame on Who&When by its published scoring: is the agent right, is the step right; beside what knows nothing.

Held out means: weights fitted on the other folds (grouped by question), on the other system alone, or on the
half of the runs that the rules were written with. Rules set by hand never saw the other half.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from bench.logit import fit
from bench.outcome import Line, Outcome, at_least, no_target
from bench.transcripts import Run, name, read_runs
from trimtab.loop.failure import Rules, blame, is_suspect, rules
from trimtab.vocabulary.kernel import wilson

FOLDS = 10
PUBLISHED = {"step": 0.142, "agent": 0.535}
"""The best of the paper, with large models as judges (Who&When, ICML 2025)."""
SYSTEMS = ("Algorithm-Generated", "Hand-Crafted")
Guess = tuple[int, str]
"""A place among the turns, and an agent."""


def by_rules(run: Run, with_rules: Rules) -> Guess:
    """The first suspect, and the agent with the greatest share."""
    verdict = blame(run.turns, with_rules)
    return verdict.suspects[0].place, verdict.agents[0][0]


def constant(run: Run) -> Guess:
    """Always step 1, and the agent that speaks most."""
    speaking = Counter(turn.agent for turn in run.turns if is_suspect(turn))
    return 1, speaking.most_common(1)[0][0]


def score(runs: Sequence[Run], guess: Callable[[Run], Guess]) -> dict[str, Any]:
    """How often the step and the agent are right, with 95 % Wilson intervals."""
    guesses = [(run, *guess(run)) for run in runs]
    right = {
        "step": sum(step == run.step for run, step, _ in guesses),
        "agent": sum(name(agent) == name(run.agent) for run, _, agent in guesses),
    }
    n = len(runs)
    return {"n": n} | {
        what: {"right": count, "share": count / n, "interval": wilson(count, n)}
        for what, count in right.items()
    }


def held_out(runs: Sequence[Run], fold_of: Callable[[Run], object]) -> dict[int, Rules]:
    """For each run (by its place) the rules fitted without its fold."""
    fitted = {
        fold: fit([r for r in runs if fold_of(r) != fold], rules()) for fold in {fold_of(r) for r in runs}
    }
    return {place: fitted[fold_of(run)] for place, run in enumerate(runs)}


def parts(runs: Sequence[Run], guess: Callable[[Run], Guess]) -> dict[str, Any]:
    """The score in all and of each system."""
    found = {system: score([r for r in runs if r.system == system], guess) for system in SYSTEMS}
    return {"all": score(runs, guess)} | {k: v for k, v in found.items() if v["n"]}


def by_fold(runs: Sequence[Run], fold_of: Callable[[Run], object]) -> dict[str, Any]:
    """The score of rules that never saw the run's fold."""
    fitted = {id(runs[place]): found for place, found in held_out(runs, fold_of).items()}
    return parts(runs, lambda run: by_rules(run, fitted[id(run)]))


def measure(runs: Sequence[Run]) -> dict[str, Any]:
    """Every score of one set of runs."""
    seen, unseen = ([r for r in runs if r.looked_at() is which] for which in (True, False))
    from_seen = fit(seen, rules())
    by_system = {"all": runs} | {system: [r for r in runs if r.system == system] for system in SYSTEMS}
    return {
        "runs": len(runs),
        "held out, 10 folds": by_fold(runs, lambda run: run.fold(FOLDS)),
        "held out, the other system": by_fold(runs, lambda run: run.system),
        "half never looked at": parts(unseen, lambda run: by_rules(run, from_seen)),
        "shipped weights, not held out": parts(runs, lambda run: by_rules(run, rules())),
        "step 1, most frequent agent": parts(runs, constant),
        "random step": {part: sum(1 / len(r.turns) for r in of) / len(of) for part, of in by_system.items()},
        "weights": {n: row.weight for n, row in fit(runs, rules()).weights.items() if not row.rule},
    }


def run(*, quick: bool) -> Outcome:
    """All 104 runs; nothing is left out for `quick`, it takes seconds."""
    del quick
    raw = measure(read_runs())
    lines: list[Line] = []
    for what, part in ((w, p) for w in ("step", "agent") for p in ("all", *SYSTEMS)):
        floor = raw["step 1, most frequent agent"][part][what]["share"]
        for method in ("held out, 10 folds", "held out, the other system", "half never looked at"):
            value = raw[method][part][what]["share"]
            label = f"{what}, {part}: {method}"
            if part == "all" and method == "held out, 10 folds":
                lines.append(at_least(label, value, PUBLISHED[what], "share", floor))
            else:
                lines.append(no_target(label, value, "share", floor))
    lines += [no_target(f"random step, {part}", value, "share") for part, value in raw["random step"].items()]
    return Outcome(name="blame", raw=raw | {"published": PUBLISHED}, lines=lines)
