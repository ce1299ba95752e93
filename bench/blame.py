"""How often blame is right, beside what knows nothing; and how pure the groups of failures are.

On Who&When by its published scoring: is the agent right, is the step right. On tau-bench, where the task tells
which write or transfer nobody asked for: is the decision right. Held out means: weights fitted on other runs than
those scored, grouped by question or task, or on the other system alone, or on the half of the runs that the rules
were written with. Rules set by hand never saw the other half.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bench import grouping
from bench.logit import fit
from bench.outcome import Line, Outcome, at_least, no_target
from bench.trajectories import read_labelled
from bench.transcripts import Run, name, read_runs
from trimtab.loop.failure import Rules, blame, is_suspect, rules
from trimtab.vocabulary.kernel import wilson

FOLDS, SHUFFLES = 10, 5
PUBLISHED = {"step": 0.142, "agent": 0.535}
"""The best of the paper, with large models as judges (Who&When, arXiv 2505.00212)."""
SYSTEMS = ("Algorithm-Generated", "Hand-Crafted")
HELD_OUT = "held out"
"""In 10 folds, the mean of 5 ways to share them out."""
CONSTANT = "step 1, most frequent agent"
SHORT = {"all": "all", "Algorithm-Generated": "algorithm", "Hand-Crafted": "by hand"}
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


def acting(run: Run, which: int) -> Guess:
    """The first or last decision that changed something or handed over, else the last decision of all."""
    deciding = [place for place, turn in enumerate(run.turns) if is_suspect(turn)]
    acts = [n for n, turn in enumerate(run.turns) if turn.changes or turn.handoff]
    found = [max(place for place in deciding if place < n) for n in acts] or deciding[-1:]
    return found[which], run.agent


def last(run: Run) -> Guess:
    """The last decision."""
    return max(place for place, turn in enumerate(run.turns) if is_suspect(turn)), run.agent


def score(guesses: Sequence[tuple[Run, Guess]], rounds: int = 1) -> dict[str, Any]:
    """How often the step and the agent are right, with 95 % Wilson intervals over runs; of several rounds the mean."""
    right = {
        "step": sum(step == run.step for run, (step, _) in guesses) / rounds,
        "agent": sum(name(agent) == name(run.agent) for run, (_, agent) in guesses) / rounds,
    }
    n = len(guesses) // rounds
    return {"n": n} | {
        what: {"right": count, "share": count / n, "interval": wilson(round(count), n)}
        for what, count in right.items()
        if n
    }


def parts(guesses: Sequence[tuple[Run, Guess]], rounds: int = 1) -> dict[str, Any]:
    """The score in all and of each system."""
    by_system = {system: [one for one in guesses if one[0].system == system] for system in SYSTEMS}
    return {"all": score(guesses, rounds)} | {k: score(v, rounds) for k, v in by_system.items() if v}


def each(runs: Sequence[Run], guess: Callable[[Run], Guess]) -> list[tuple[Run, Guess]]:
    """A guess for each run."""
    return [(run, guess(run)) for run in runs]


def held_out(
    runs: Sequence[Run], fold_of: Callable[[Run], object], fitted: Callable[[Sequence[Run]], Rules]
) -> list[tuple[Run, Guess]]:
    """A guess for each run, by rules that never saw its fold."""
    guesses: list[tuple[Run, Guess]] = []
    for fold in sorted({fold_of(run) for run in runs}, key=str):
        without = fitted([run for run in runs if fold_of(run) != fold])
        guesses += [(run, by_rules(run, without)) for run in runs if fold_of(run) == fold]
    return guesses


def folds(runs: Sequence[Run], fitted: Callable[[Sequence[Run]], Rules]) -> list[tuple[Run, Guess]]:
    """Guesses of held-out runs, of several ways to share them out."""
    return [
        one
        for shuffle in range(SHUFFLES)
        for one in held_out(runs, lambda run, by=shuffle: run.fold(FOLDS, by), fitted)
    ]


def on_transcripts(runs: Sequence[Run]) -> dict[str, Any]:
    """Every score on Who&When."""

    def fitted(of: Sequence[Run]) -> Rules:
        return fit(of, rules(), "who_and_when")

    seen, unseen = ([r for r in runs if r.looked_at() is which] for which in (True, False))
    from_seen = fitted(seen)
    by_system = {"all": runs} | {system: [r for r in runs if r.system == system] for system in SYSTEMS}
    return {
        HELD_OUT: parts(folds(runs, fitted), SHUFFLES),
        "other system": parts(held_out(runs, lambda run: run.system, fitted)),
        "unseen half": parts(each(unseen, lambda run: by_rules(run, from_seen))),
        "shipped, not held out": parts(each(runs, lambda run: by_rules(run, rules()))),
        CONSTANT: parts(each(runs, constant)),
        "best constant step, in sample": {
            part: max(Counter(r.step for r in of).values()) / len(of) for part, of in by_system.items()
        },
        "random step": {part: sum(1 / len(r.turns) for r in of) / len(of) for part, of in by_system.items()},
    }


def on_trajectories(runs: Sequence[Run], base: Rules) -> dict[str, Any]:
    """Every score on tau-bench; `base` has the weights of the transcripts."""

    def fitted(of: Sequence[Run]) -> Rules:
        return fit(of, base, "tau_bench")

    silent = {
        sign: replace(row, weight=0.0) for sign, row in base.weights.items() if row.source == "tau_bench"
    }
    bare = replace(base, weights={**base.weights, **silent})
    deciding = [sum(map(is_suspect, run.turns)) for run in runs]
    return {
        HELD_OUT: score(folds(runs, fitted), SHUFFLES),
        "weights of Who&When alone": score(each(runs, lambda run: by_rules(run, bare))),
        "first change or hand-off": score(each(runs, lambda run: acting(run, 0))),
        "last change or hand-off": score(each(runs, lambda run: acting(run, -1))),
        "last decision": score(each(runs, last)),
        "random decision": sum(1 / n for n in deciding) / len(deciding),
    }


def shown(what: str, found: dict[str, Any], of: str) -> str:
    """A line's name, with n and interval."""
    low, high = found[of]["interval"]
    return f"{what} (n {found['n']}, {low:.0%}..{high:.0%})"


def transcript_lines(raw: dict[str, Any]) -> list[Line]:
    """Who&When beside the constants and the paper."""
    lines: list[Line] = []
    for what, part in ((w, p) for w in ("step", "agent") for p in ("all", *SYSTEMS)):
        floor = raw[CONSTANT][part][what]["share"]
        for method in (HELD_OUT, "other system", "unseen half"):
            found = raw[method][part]
            label, value = shown(f"{what}, {SHORT[part]}, {method}", found, what), found[what]["share"]
            target = part == "all" and method == HELD_OUT
            lines.append(
                at_least(label, value, PUBLISHED[what], "share", floor)
                if target
                else no_target(label, value, "share", floor)
            )
    for what in ("best constant step, in sample", "random step"):
        lines += [no_target(f"{what}, {SHORT[p]}", value, "share") for p, value in raw[what].items()]
    return lines


def run(*, quick: bool) -> Outcome:
    """All runs; nothing is left out for `quick`, it takes about a minute."""
    del quick
    transcripts, trajectories = read_runs(), read_labelled()
    base = fit(transcripts, rules(), "who_and_when")
    shipped = fit(trajectories, base, "tau_bench")
    raw = {
        "published": PUBLISHED,
        "who_and_when": on_transcripts(transcripts),
        "tau_bench": on_trajectories(trajectories, base),
        "groups": grouping.measure(),
        "weights": {sign: row.weight for sign, row in shipped.weights.items()},
    }
    lines = transcript_lines(raw["who_and_when"])
    of_tau = raw["tau_bench"]
    floor = of_tau["first change or hand-off"]["step"]["share"]
    for method, found in of_tau.items():
        if method == "random decision":
            lines.append(no_target("tau-bench, random decision", found, "share"))
        else:
            label = shown(f"tau-bench, {method}", found, "step")
            lines.append(no_target(label, found["step"]["share"], "share", floor))
    pure = raw["groups"]
    lines.append(no_target("tau-bench, groups of failed sessions", pure["number"], "groups"))
    for what in ("of the groups", "all in one", "each its own", "same sizes, by lot"):
        lines.append(no_target(f"tau-bench purity, {what} (n {pure['sessions']})", pure[what], "share"))
    return Outcome(name="blame", raw=raw, lines=lines)
