"""Masking: a template stays the same when its values change, and only then."""

import time
from collections import Counter
from pathlib import Path
from string import ascii_lowercase, digits, hexdigits

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.loop.failure.mask import MAX_WORDS, key_of, template_of

WORD = st.text(ascii_lowercase, min_size=1, max_size=8)
VALUES = {
    "number": st.integers(-(10**9), 10**9).map(str) | st.floats(0, 1e9, allow_nan=False).map(str),
    "duration": st.integers(0, 9999).map(lambda n: f"{n}ms"),
    "uuid": st.uuids().map(str),
    "email": st.builds("{}@{}.org".format, WORD, WORD),
    "url": st.builds("https://{}.com/{}?q={}".format, WORD, WORD, st.integers(0, 99)),
    "date": st.datetimes().map(lambda d: d.replace(year=2000 + d.year % 100, microsecond=0).isoformat()),
    "path": st.lists(WORD, min_size=2, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    "quoted": st.text(ascii_lowercase + digits + " .,:/{}[]", max_size=20).map(lambda s: f'"{s}"'),
    "single": st.text(ascii_lowercase + digits + " .,:/{}[]", max_size=20).map(lambda s: f"'{s}'"),
    "hex": st.text(hexdigits, min_size=6, max_size=30).map(lambda s: "0x" + s),
    "identifier": st.builds("{}_{}".format, WORD, st.integers(0, 10**7)),
    "code": st.builds("{}{:03d}".format, WORD, st.integers(0, 999)),
    "json": st.dictionaries(st.just("amount"), st.integers() | st.booleans() | WORD, min_size=1).map(
        lambda value: orjson.dumps({k: str(v) if abs(v) > 1 << 60 else v for k, v in value.items()}
                                   if all(isinstance(v, int) for v in value.values()) else value).decode()
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_a_template_does_not_change_with_its_values(kind: str, data: st.DataObject) -> None:
    before, after = data.draw(VALUES[kind]), data.draw(VALUES[kind])
    sentence = "no order for {} in the shop, ask again"
    assert template_of(sentence.format(before)) == template_of(sentence.format(after))
    assert template_of(before) == template_of(after)


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=30))
def test_the_length_of_a_list_is_a_value_too(values: list[int]) -> None:
    assert template_of(f"one of {values} is taken") == "one of [<n>] is taken"


@given(*[st.one_of(*VALUES.values())] * 2)
def test_the_key_does_not_even_change_with_the_kind_of_value(before: str, after: str) -> None:
    keys = {key_of(template_of(f"no order for {value} in the shop")) for value in (before, after)}
    assert {key for key in keys if "amount:" not in key} <= {"no order for <v> in the shop"}


@given(WORD, WORD)
def test_words_are_not_values(first: str, second: str) -> None:
    assert (template_of(f"no {first} left") == template_of(f"no {second} left")) is (first == second)


@given(st.text(max_size=300))
def test_any_text_has_a_short_template(text: str) -> None:
    found = template_of(text)
    assert len(found.split()) <= MAX_WORDS
    assert template_of(text) == found


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("HTTP 503 after 3.5s", "http <n> after <n>"),
        ("HTTP 503 after 35s", "http <n> after <n>"),
        ("can't open '/tmp/a b' at line 3.", "can't open <text> at line <n>."),
        ("mail [redacted:email] bounced", "mail <email> bounced"),
        ("mail tok_email_abcdefghijklmnop bounced", "mail <email> bounced"),
        ('{"seat": "3A", "price": 12.5} refused', "{seat: <value>, price: <value>} refused"),
        ("unknown key 'order 12': no such thing", "unknown key <text>: no such thing"),
        ('{"order_7": true}', "{<key>: <value>}"),
        ("No Such\n  Table", "no such table"),
        ("", ""),
    ],
)
def test_what_is_masked(message: str, template: str) -> None:
    assert template_of(message) == template


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "/a" * 50_000, "a.b@" * 20_000, "'\\" * 50_000, "1," * 50_000]
)
def test_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    template_of(text)
    assert time.process_time() - started < 5  # were it quadratic, it would be minutes


def test_the_templates_of_real_tool_errors(shared_data: Path) -> None:
    import gzip

    folder = shared_data / "tau_bench_airline"
    with gzip.open(folder / "records.jsonl.gz") as lines:
        runs = [orjson.loads(line)["run"] for line in lines]
    errors = [
        row["content"]
        for run in runs
        for row in run["traj"]
        if row["role"] == "tool" and row["content"].startswith("Error")
    ]
    wanted = orjson.loads((folder / "answers.json").read_bytes())["error_classes"]
    assert sorted(Counter(map(template_of, errors)).values()) == sorted(wanted.values())
