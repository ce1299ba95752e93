"""Where both speak, our conditions mean what another implementation of CEL says they mean.

The answers of cel-python 0.5.0 to some conditions stand in cel_peer.json; where it is installed (pip install
cel-python), it is asked anew about generated ones. Known differences, kept out of what is generated: our decimals are exact where CEL's are binary (so only fractions
that both hold exactly are drawn), mix with whole numbers where CEL refuses, and dividing one by zero is an error.
"""

import importlib.util
import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trimtab.vocabulary.contract import Fault, evaluate, parse

RECORDED = json.loads(Path(__file__).with_name("cel_peer.json").read_text(encoding="utf-8"))
NAMES = {
    "i": 3,
    "j": -2,
    "s": "abc",
    "t": "",
    "flag": True,
    "list": [1, 2, 3],
    "words": ["abc", "d"],
    "map": {"a": 1, "b": "x"},
}
INTS = st.sampled_from(
    ["i", "j", "0", "1", "7", "-3", "map.a", "list[0]", "list[5]", "size(s)", "size(list)"]
)
TEXTS = st.sampled_from(["s", "t", "'abc'", "'b'", "map.b", "words[1]", "'\\n'", "map.gone"])


def ints(depth: int) -> st.SearchStrategy[str]:
    if depth == 0:
        return INTS
    below = ints(depth - 1)
    joined = st.builds("({} {} {})".format, below, st.sampled_from(["+", "-", "*", "/", "%"]), below)
    return INTS | joined


def truths(depth: int) -> st.SearchStrategy[str]:
    compared = st.builds(
        "{} {} {}".format, ints(1), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), ints(1)
    )
    texts = st.builds("{} {} {}".format, TEXTS, st.sampled_from(["==", "!=", "<", ">="]), TEXTS)
    methods = st.builds(
        "{}.{}({})".format, TEXTS, st.sampled_from(["startsWith", "endsWith", "contains"]), TEXTS
    )
    members = st.builds("{} in list".format, ints(0)) | st.builds("{} in words".format, TEXTS)
    plain = st.sampled_from(["flag", "true", "false", "has(map.a)", "has(map.gone)"])
    flat = compared | texts | methods | members | plain
    if depth == 0:
        return flat
    below = truths(depth - 1)
    joined = st.builds("({} {} {})".format, below, st.sampled_from(["&&", "||"]), below)
    chosen = st.builds("({} ? {} : {})".format, below, below, below)
    macros = st.builds(
        "list.{}(x, x {} {})".format,
        st.sampled_from(["all", "exists"]),
        st.sampled_from(["<", "==", ">"]),
        ints(0),
    )
    return flat | joined | chosen | macros | st.builds("!({})".format, below)


def ours(text: str) -> Any:
    """What we say: a plain value, or None for an error."""
    try:
        found = evaluate(parse(text), NAMES)
    except Fault:
        return None
    return float(found) if isinstance(found, Decimal) else found


def test_conditions_mean_what_the_peer_said() -> None:
    assert len(RECORDED) > 300
    assert [text for text, answer in RECORDED if ours(text) != answer] == []


if importlib.util.find_spec("celpy"):

    @contextmanager
    def quiet() -> Iterator[Any]:
        """The peer, which warns at import and moves the recursion limit."""
        limit = sys.getrecursionlimit()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import celpy

            yield celpy
        sys.setrecursionlimit(limit)

    def theirs(text: str) -> Any:
        with quiet() as celpy:
            environment = celpy.Environment()
            try:
                found = environment.program(environment.compile(text)).evaluate(celpy.json_to_cel(NAMES))
            except celpy.CELEvalError:
                return None
        truth = type(found).__name__ == "BoolType" or isinstance(found, bool)
        return bool(found) if truth else float(found) if isinstance(found, float) else int(found)

    DECIMALS = st.builds(
        "({!r} {} {!r})".format,
        st.integers(-4000, 4000).map(lambda one: one / 8),
        st.sampled_from(["+", "-", "*", "<", ">=", "=="]),
        st.integers(-4000, 4000).map(lambda one: one / 8),
    )

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(truths(2) | ints(2) | DECIMALS)
    def test_a_condition_means_what_the_peer_says(text: str) -> None:
        assert ours(text) == theirs(text), text
