"""A longer run of the decoders under atheris: `python tests/fuzz/decoders.py [folder] -max_total_time=600`; an empty folder
is filled with good bodies first.

Not a test that pytest collects, and atheris is no dependency of ours: `uv pip install atheris` into the environment first.
The first byte of an input chooses the signal and the form; the rest is the body. What is found is a crash of libFuzzer
with a file that gives it again: `python tests/fuzz/decoders.py crash-...`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def run(data: bytes) -> None:
    """One input: refused with a reason, or decoded whole."""
    from tests.support.decoding import SIGNALS, decoded, decoded_json

    if not data:
        return
    signal = SIGNALS[data[0] % len(SIGNALS)]
    check = decoded_json if data[0] & 64 else decoded
    check(signal, data[1:])


def plant(corpus: Path) -> None:
    """Fill an empty corpus with good bodies, from which the fuzzer grows others."""
    import json

    from tests.support import bodies

    words = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": '[{"role": "user"}]',
        "list": [1, {"a": b"b"}],
    }
    judged = {
        "event.name": "gen_ai.evaluation.result",
        "gen_ai.evaluation.name": "j",
        "gen_ai.evaluation.score.value": 1.5,
    }
    seeds = {
        b"\x00": bodies.traces_of([bodies.span(1, words, status={"code": 2, "message": "m"})]),
        b"\x01": bodies.log_of(judged, {"a": 1}, time_unix_nano=1, trace_id=b"\1" * 16),
        b"\x02": bodies.gauge_of("trimtab.fact.csat", {"session.id": "s"}),
        b"\x40": json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}]}]}]}).encode(),
        b"\x42": json.dumps(bodies.json_traces([bodies.json_span(1)])).encode(),
    }
    for number, (first, body) in enumerate(seeds.items()):
        (corpus / f"seed-{number}").write_bytes(first + body)


def main() -> None:
    """Fuzz until libFuzzer says so."""
    try:
        import atheris
    except ImportError:
        sys.exit("tests/fuzz/decoders.py needs atheris: .venv/bin/uv pip install -p .venv/bin/python atheris")
    with atheris.instrument_imports(include=["trimtab"]):
        import tests.support.decoding  # noqa: F401 - instrumented here, used in run
    for name in sys.argv[1:]:
        if Path(name).is_dir() and not any(Path(name).iterdir()):
            plant(Path(name))
    atheris.Setup(sys.argv, run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
