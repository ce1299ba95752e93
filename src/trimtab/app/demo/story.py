"""What happens in the demonstration, and when: two normal weeks, a tool that fails, a prompt that promises too much."""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from random import Random

import trimtab
from trimtab.app.demo.agent import AGENT, Agent, Release
from trimtab.app.demo.customer import arrive
from trimtab.app.demo.shop import Shop
from trimtab.vocabulary.contract import read_contract
from trimtab.vocabulary.kernel import Unavailable, VirtualClock

PROJECT = "demo"
SEED = 7
SECOND_NS = 1_000_000_000
QUIET_S = 60
"""The story ends so long before now, so that its last session is over."""
HAND_ON = 100
"""So many sessions are told at once: fewer than the SDK's queue holds."""
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of the story; `failing` is the share of updates of orders that fail in it."""

    name: str
    hours: float
    per_hour: int
    version: str
    failing: float = 0.0


STORY = (
    Phase(name="two normal weeks", hours=308, per_hour=5, version="7"),
    Phase(name="a sale begins", hours=2, per_hour=20, version="7"),
    Phase(name="a tool fails", hours=2, per_hour=20, version="7", failing=0.75),
    Phase(name="the tool is well again", hours=19, per_hour=20, version="7"),
    Phase(name="the prompt is changed", hours=5, per_hour=20, version="8"),
)
PROMPTS = {"7": "careful.md", "8": "brisk.md"}
SESSIONS = sum(int(one.hours * one.per_hour) for one in STORY)


@dataclass(slots=True, kw_only=True)
class Count:
    """What came out of a phase; `errors` are calls of tools that failed."""

    phase: str
    sessions: int = 0
    good: int = 0
    errors: int = 0


def text_of(name: str) -> str:
    """A document of the demonstration."""
    return files("trimtab.app.demo").joinpath(name).read_text(encoding="utf-8")


def promises() -> dict[str, str]:
    """What is promised of the agent, as documents by name."""
    return {"shop-support.yaml": text_of("promise.yaml")}


def play(
    to: tuple[str, str],
    now_ns: int,
    tell: Callable[[int, str], None],
    *,
    seed: int = SEED,
    story: Sequence[Phase] = STORY,
    patience_s: float = PATIENCE_S,
) -> list[Count]:
    """Let the agent live through the story, which ends now, and tell a server through the SDK; `tell` hears how far it is.

    `to` is the server's address and a key of the project that takes it. Raises `Unavailable` where the server does not take it.
    """
    clock, (endpoint, key) = VirtualClock(now_ns), to
    trimtab.init(
        AGENT,
        endpoint=endpoint,
        key=key,
        contract=read_contract(text_of("contract.yaml")),
        ledger=False,
        spool=False,
        environment="production",
        service="shop",
        clock=clock,
    )
    try:
        return live(clock, Random(seed), times(now_ns, story), (tell, patience_s))  # noqa: S311 - chance in a story
    finally:
        trimtab.shutdown()


def live(
    clock: VirtualClock,
    dice: Random,
    when: Iterable[tuple[Phase, int]],
    towards: tuple[Callable[[int, str], None], float],
) -> list[Count]:
    """The story from its beginning to its end, told to a listener and, within so many seconds each time, to the server."""
    tell, patience_s = towards
    shop = Shop(dice, clock)
    agent = Agent(shop, clock, dice)
    counts: list[Count] = []
    number = 0
    for phase, at_ns in when:
        if not counts or counts[-1].phase != phase.name:
            counts.append(Count(phase=phase.name))
        shop.failing = phase.failing
        clock.set(at_ns + dice.randrange(20 * SECOND_NS))
        release = Release(version=phase.version, prompt=text_of(PROMPTS[phase.version]))
        number += 1
        good, errors = agent.serve(arrive(shop, dice), release, f"chat-{number:04d}")
        counts[-1].sessions += 1
        counts[-1].good += good
        counts[-1].errors += errors
        if number % HAND_ON == 0:
            hand_on(patience_s)
            tell(number, phase.name)
    hand_on(patience_s)
    tell(number, counts[-1].phase)
    return counts


def times(now_ns: int, story: Sequence[Phase] = STORY) -> Generator[tuple[Phase, int]]:
    """When each customer comes, in order."""
    end_ns = now_ns - QUIET_S * SECOND_NS
    at_ns = end_ns - int(sum(one.hours for one in story) * 3600 * SECOND_NS)
    for phase in story:
        apart_ns = 3600 * SECOND_NS // phase.per_hour
        for place in range(int(phase.hours * phase.per_hour)):
            yield phase, at_ns + place * apart_ns
        at_ns += int(phase.hours * 3600 * SECOND_NS)


def hand_on(patience_s: float) -> None:
    """Wait until the server has taken what was told."""
    if not trimtab.flush(patience_s):
        raise Unavailable(
            "the server does not take the demonstration", hint="is it running, and is the key good?"
        )
