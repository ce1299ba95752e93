"""Nothing of ours raises into the agent, whatever it is given and whatever breaks."""

import asyncio
import json
import logging
import math
from pathlib import Path
from typing import Any

import pytest

import trimtab
from trimtab.edge.sdk.runtime import HELD
from trimtab.edge.sdk.span import MAX_ATTRIBUTES, MAX_TEXT, plain


class Hostile:
    """A value of the user's that breaks when it is looked at."""

    def __str__(self) -> str:
        raise RuntimeError("do not look at me")

    __repr__ = __str__
    __len__ = __str__  # type: ignore[assignment]


ODD: list[Any] = [
    None,
    object(),
    Hostile(),
    b"\xff",
    "\ud800",
    math.nan,
    10**400,
    {"a": Hostile()},
    [[[[[[[[1]]]]]]]],
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_odd_values_pass_every_call(odd: Any, tmp_path: Path) -> None:
    trimtab.init(agent="a", log=str(tmp_path / "log.jsonl"), interval_s=0.01)
    with trimtab.session(odd, user=odd, tenant=odd, agent=odd, headers=odd, own=odd) as s:
        with trimtab.step(odd, odd, model=odd, input=odd) as m:
            m.usage(input=odd, nonsense=odd)
            m.set(output=odd, own=odd)
            m.error(odd, odd)
        s.outcome(odd, odd)
        s.feedback(odd)
        s.score(odd, odd, method=odd)
        s.ticket(odd)
        s.label(odd, odd)
        trimtab.inject(odd)
        trimtab.about(odd).feedback(1)
    trimtab.flush(odd)
    assert trimtab.flush(5)


def test_wrong_arguments_are_told_and_the_body_runs(caplog: pytest.LogCaptureFixture) -> None:
    ran: list[str] = []
    with trimtab.testing():
        with trimtab.session("a", "b", "c") as s:  # type: ignore[call-arg]
            ran.append("session")
            s.outcome("success", nonsense=1)  # type: ignore[call-arg]
        with trimtab.step("llm", "x", "y") as m:  # type: ignore[call-arg]
            ran.append("step")
            m.usage(1, 2)  # type: ignore[call-arg]
        s.feedback()  # type: ignore[call-arg]
        s.score(1, 2, 3, 4, nonsense=1)  # type: ignore[call-arg]
        assert trimtab.traced("llm", "x", "y")(len) is len  # type: ignore[call-overload]
        trimtab.carry(3)  # type: ignore[type-var]
        trimtab.traced(3)  # type: ignore[type-var]
        trimtab.init(nonsense=1)
    assert ran == ["session", "step"]
    assert len(caplog.records) >= 5


def test_a_wrong_outcome_is_told_with_the_right_ones(caplog: pytest.LogCaptureFixture) -> None:
    with trimtab.testing() as told, trimtab.session() as s:
        s.outcome("succes")
        s.outcome("succes")
    assert "trimtab.session.outcome" not in told.spans[0]["attributes"]
    (record,) = caplog.records
    for word in (
        "'succes'",
        "success",
        "failure",
        "refused",
        "escalated",
        "abandoned",
        "did you mean 'success'",
    ):
        assert word in record.message


@pytest.mark.parametrize("part", ["clock", "draw", "sink"])
def test_a_fault_of_ours_is_told_once(part: str, caplog: pytest.LogCaptureFixture) -> None:
    with trimtab.testing():
        assert HELD.runtime is not None
        setattr(HELD.runtime, part, None)
        ran = 0
        for _ in range(5):
            with trimtab.session() as s, trimtab.step("plan") as m:
                ran += 1
                m.usage(input=1)
                s.feedback(1)
                s.outcome("success")
    assert ran == 5
    assert 1 <= len(caplog.records) <= 4


async def test_a_fault_of_ours_does_not_touch_async_sessions() -> None:
    with trimtab.testing():
        assert HELD.runtime is not None
        HELD.runtime.clock = None  # type: ignore[assignment]
        async with trimtab.session(), trimtab.step("llm"):
            await asyncio.sleep(0)


def test_a_handler_that_breaks_is_not_ours_to_raise() -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("stderr is closed")

    handler = Broken()
    logging.getLogger("trimtab").addHandler(handler)
    try:
        with trimtab.testing(), trimtab.session() as s:
            s.outcome("nonsense")
    finally:
        logging.getLogger("trimtab").removeHandler(handler)


def test_values_are_bounded() -> None:
    deep: list[Any] = []
    deep.append(deep)
    assert len(str(plain("x" * 10**6))) == MAX_TEXT
    assert len(str(plain(deep))) < 1000
    assert len(str(plain({str(n): "x" * 1000 for n in range(10**5)}))) <= MAX_TEXT
    messages = [{"role": "user", "content": "x" * 30_000}] * 20
    assert len(json.loads(str(plain(messages)))) == 20, "what is cut can still be read"
    with trimtab.testing() as told, trimtab.step("llm") as m:
        m.set(**{f"a{n}": n for n in range(1000)})
    assert len(told.spans[0]["attributes"]) <= MAX_ATTRIBUTES + 10


def test_what_is_told_after_the_end_changes_nothing() -> None:
    with trimtab.testing() as told:
        with trimtab.step("llm") as m:
            pass
        m.usage(input=1)
        m.error("x")
    assert told.spans[0]["error"] is None
    assert "gen_ai.usage.input_tokens" not in told.spans[0]["attributes"]


def test_secrets_are_masked() -> None:
    from trimtab.edge.sdk.delivery.mask import mask

    secrets = {
        "sk-Ex4mpleEx4mpleEx4mplEx4mple": "openai_key",
        "AKIAEXAMPLEEXAMPLE22": "aws_access_key",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEExampleOnly\n-----END RSA PRIVATE KEY-----": "private_key",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJleGFtcGxlIn0.ZXhhbXBsZXNpZ25hdHVyZQ": "jwt",
    }
    for secret, rule in secrets.items():
        assert mask(f"say {secret} now") == f"say [redacted:{rule}] now"
    assert mask("postgresql://app:ex4mple-pw@db/app") == "postgresql://[redacted:database_url]@db/app"
    assert (
        mask("Authorization: Bearer abcdefghijklmnop1234") == "Authorization: Bearer [redacted:bearer_token]"
    )
    assert mask('{"password": "hunter2222"}') == '{"password": "[redacted:password]"}'
    assert mask('{\\"api_key\\": \\"hunter2222\\"}') == '{\\"api_key\\": \\"[redacted:password]\\"}'
    for harmless in (
        "a token of thanks",
        "https://example.org:8080/path",
        "task-12345678901234567890123",
        "sk-no",
    ):
        assert mask(harmless) == harmless
    assert mask(mask('{"password": "hunter2222"}')) == mask('{"password": "hunter2222"}')
