"""What the label on a tool's output finds, and how often it stands where nothing is: by split, category and source.

The signs were made on the train part of BIPIA alone; its test part, and the outputs of tools in AgentDojo and tau-bench, were looked
at for the first time here. An attack counts by itself, and in one context of each kind, drawn with a seed.
"""

import gzip
import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from bench.detect import DATA
from bench.outcome import Line, Outcome, at_least, no_target
from trimtab.vocabulary.contract.injection import look_at
from trimtab.vocabulary.kernel import wilson

SPLITS = ("train", "test")
KINDS = {"text": ("email", "table"), "code": ("code",)}
BOUNDARY = re.compile(r"(?<=[.!?])\s|\n")
SLOW_MB_S = 1.0
BITES_MB = 4
Record = dict[str, Any]


def records(name: str) -> Iterator[Record]:
    """A recorded data set, line by line."""
    with gzip.open(DATA / name / "records.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def share(hits: Iterable[bool]) -> Record:
    """How many of them, with the interval."""
    found = list(hits)
    count, n = sum(found), len(found)
    return {"count": count, "n": n, "share": count / n if n else None, "interval": wilson(count, n)}


def context_of(record: Record) -> str:
    """A context as it was published."""
    written = record["row"]["context"]
    return "\n".join(written) if isinstance(written, list) else written


def planted(attack: str, context: str, dice: random.Random) -> str:
    """An attack at the beginning, in the middle or at the end of a context."""
    places = [0, *(one.end() for one in BOUNDARY.finditer(context)), len(context)]
    at = dice.choice((0, places[len(places) // 2], len(context)))
    return "\n".join(one for one in (context[:at], attack, context[at:]) if one)


def of_bipia() -> Record:
    """BIPIA: recall by split, kind and category; false positives on its contexts."""
    attacks: list[Record] = []
    contexts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in records("bipia"):
        if one["kind"] == "attack":
            attacks.append(one)
        else:
            contexts[one["task"], one["id"].split("/")[2]].append(context_of(one))
    found: Record = {"contexts": {}, "attacks": {}, "categories": {}}
    clean: dict[tuple[str, str], list[str]] = {}
    for (task, split), texts in sorted(contexts.items()):
        looked = [look_at(text).suspected for text in texts]
        found["contexts"][f"{task}, {split}"] = share(looked)
        clean[task, split] = [
            text for text, suspected in zip(texts, looked, strict=True) if not suspected
        ] or texts
    seen = {one["category"] for one in attacks if one["file"].endswith("train")}
    for split in SPLITS:
        of_split = [one for one in attacks if one["file"].endswith(split)]
        for kind, tasks in KINDS.items():
            mine = [one for one in of_split if one["file"].startswith(kind)]
            found["attacks"][f"{kind}, {split}, alone"] = share(
                look_at(one["text"]).suspected for one in mine
            )
            for task in tasks:
                dice = random.Random(f"{split}/{task}")
                texts = [planted(one["text"], dice.choice(clean[task, split]), dice) for one in mine]
                found["attacks"][f"{kind}, {split}, in {task}"] = share(
                    look_at(text).suspected for text in texts
                )
        for one in sorted({one["category"] for one in of_split}):
            hits = (look_at(each["text"]).suspected for each in of_split if each["category"] == one)
            found["categories"][f"{split}: {one}"] = share(hits)
    unseen = [one for one in attacks if one["file"].endswith("test") and one["category"] not in seen]
    found["attacks"]["test, categories of which none is in train"] = share(
        look_at(one["text"]).suspected for one in unseen
    )
    return found


def of_dojo() -> Record:
    """AgentDojo: outputs of tools, each text once; those that hold an attack, and those of runs without one."""
    benign: set[str] = set()
    attacked: dict[str, str] = {}
    for record in records("agentdojo_runs"):
        run = record["run"]
        planted_here = [" ".join(one.split()) for one in (run["injections"] or {}).values()]
        for text in tool_texts(run["messages"]):
            flat = " ".join(text.split())
            if run["attack_type"] is None:
                benign.add(text)
            elif any(one and one in flat for one in planted_here):
                attacked[text] = run["suite_name"]
    suites = {
        name: share(look_at(text).suspected for text, suite in sorted(attacked.items()) if suite == name)
        for name in sorted(set(attacked.values()))
    }
    return {
        "benign": share(look_at(text).suspected for text in sorted(benign)),
        "attacked": share(look_at(text).suspected for text in sorted(attacked)),
        "suites": suites,
    }


def of_tau() -> Record:
    """tau-bench: outputs of tools, each text once; none holds an attack."""
    texts = {text for one in records("tau_bench_airline") for text in tool_texts(one["run"]["traj"])}
    return share(look_at(text).suspected for text in sorted(texts))


def tool_texts(messages: list[Record]) -> Iterator[str]:
    """What tools answered, as texts."""
    for one in messages:
        if one["role"] != "tool":
            continue
        content = one["content"]
        if isinstance(content, str):
            yield content
        for part in content if isinstance(content, list) else ():
            yield str(part.get("content") or part.get("text") or "")


def speed(bite: int) -> Record:
    """Megabytes of contexts and of the slowest shapes in a second, one core."""
    contexts = [context_of(one) for one in records("bipia") if one["kind"] == "context"]
    shapes = {
        "contexts": contexts,
        "one word without an end": ["a" * 200_000],
        "dots": [". " * 100_000, "." * 200_000],
        "ignore": ["ignore " * 30_000],
        "brackets": ["[ ( {" * 40_000, "<|" * 100_000],
        "digits": ["0123456789abcdef" * 12_000],
        "invisible": ["a\u200b" * 100_000],
    }
    return {name: megabytes_a_second(texts, bite) for name, texts in shapes.items()}


def megabytes_a_second(texts: list[str], bite: int) -> float:
    """How fast some texts are looked at, over and over until it was enough."""
    done, begun = 0, time.process_time()
    while done < bite:
        for text in texts:
            look_at(text)
            done += len(text)
    return done / 1e6 / (time.process_time() - begun)


def run(*, quick: bool) -> Outcome:
    """All of it; `quick` measures the speed on less."""
    raw: Record = {
        "bipia": of_bipia(),
        "agentdojo": of_dojo(),
        "tau_bench": of_tau(),
        "speed": speed((1 if quick else BITES_MB) * 1_000_000),
    }
    lines: list[Line] = []
    for says, found in (
        *((f"recall, {name}", one) for name, one in raw["bipia"]["attacks"].items()),
        ("recall, agentdojo, outputs with an attack", raw["agentdojo"]["attacked"]),
        *((f"false positives, {name}", one) for name, one in raw["bipia"]["contexts"].items()),
        ("false positives, agentdojo, benign outputs", raw["agentdojo"]["benign"]),
        ("false positives, tau-bench, outputs", raw["tau_bench"]),
    ):
        low, high = found["interval"]
        lines.append(no_target(f"{says} (n {found['n']})", found["share"], f"{low:.3f}..{high:.3f}"))
    for name, rate in raw["speed"].items():
        lines.append(at_least(f"speed, {name}", rate, SLOW_MB_S, "MB/s"))
    return Outcome(name="injection", raw=raw, lines=lines)
