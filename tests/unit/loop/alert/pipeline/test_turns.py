"""The stages together, on a virtual clock: what is told to whom, and when."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.routing import DOCUMENT, HOUR, MIN, T0, S, alert

from trimtab.loop.alert import (
    Acknowledgement,
    Alert,
    Message,
    Silence,
    pack_message,
    read_matcher,
    unpack_message,
)
from trimtab.loop.alert.pipeline import Group, Routing, Scene, advance, pack_group, read_routing, unpack_group

ROUTING = read_routing(DOCUMENT)
TICK = 10 * S


class Play:
    """A project played from T0 on; between turns groups live as JSON, as in a store."""

    def __init__(self, routing: Routing = ROUTING) -> None:
        self.routing, self.now_ns = routing, T0
        self.groups: dict[str, str] = {}
        self.alerts: dict[str, Alert] = {}
        self.silences: list[Silence] = []
        self.acknowledged: dict[str, Acknowledgement] = {}
        self.said: list[Message] = []

    def set(self, *alerts: Alert) -> None:
        self.alerts |= {one.fingerprint: one for one in alerts}

    def turn(self) -> list[Message]:
        groups: dict[str, Group] = {key: unpack_group(packed) for key, packed in self.groups.items()}
        scene = Scene(
            alerts=list(self.alerts.values()), silences=self.silences, acknowledgements=self.acknowledged
        )
        turn = advance(self.routing, groups, scene, self.now_ns)
        self.groups = {key: pack_group(group) for key, group in turn.groups.items()}
        self.said += turn.messages
        return list(turn.messages)

    def until(self, at_ns: int) -> list[tuple[int, str, str]]:
        """What is said until `at_ns` after T0: (seconds since T0, receiver, kind)."""
        found: list[tuple[int, str, str]] = []
        while self.now_ns <= T0 + at_ns:
            found += [((self.now_ns - T0) // S, one.receiver, one.kind) for one in self.turn()]
            self.now_ns += TICK
        return found


def test_a_group_waits_tells_repeats_and_ends() -> None:
    play = Play()
    play.set(alert())
    assert play.until(4 * HOUR) == [(30, "chat", "trigger")]
    assert play.until(4 * HOUR + 30 * S) == [(14_430, "chat", "trigger")]
    play.set(alert(ends_ns=play.now_ns))
    assert play.until(5 * HOUR) == [(14_730, "chat", "resolve")]
    assert play.groups == {}
    assert len({one.key for one in play.said}) == 1
    assert [one.status for one in play.said] == ["firing", "firing", "resolved"]


def test_what_is_over_before_the_wait_is_never_told() -> None:
    play = Play()
    play.set(alert())
    play.until(10 * S)
    play.set(alert(ends_ns=T0 + 15 * S))
    assert play.until(HOUR) == []
    assert play.groups == {}


def test_what_fired_for_longer_than_the_wait_is_told_at_once() -> None:
    play = Play()
    play.set(alert(starts_ns=T0 - MIN))
    assert play.until(0) == [(0, "chat", "trigger")]


def test_a_second_alert_is_told_at_the_interval_with_the_first() -> None:
    play = Play()
    play.set(alert("A"))
    play.until(60 * S)
    play.set(alert("B", starts_ns=play.now_ns))
    assert play.until(6 * MIN) == [(330, "chat", "trigger")]
    assert [one.labels["alertname"] for one in play.said[-1].alerts] == ["A", "B"]
    assert play.said[-1].title == "A is high (and 1 more)"
    play.set(alert("A", ends_ns=play.now_ns))
    assert play.until(11 * MIN) == [(630, "chat", "trigger")]
    assert [one.status for one in play.said[-1].alerts] == ["firing", "resolved"]


def test_repeat_is_rounded_up_to_the_interval() -> None:
    play = Play(read_routing(DOCUMENT.replace("2h30m", "90s")))
    play.set(alert(team="data"))
    play.until(5 * MIN)
    assert [(one.at_ns - T0) // S for one in play.said if one.receiver == "issues"] == [10, 130, 250]


def test_a_second_time_has_another_key() -> None:
    play = Play()
    play.set(alert())
    play.until(MIN)
    play.set(alert(ends_ns=play.now_ns))
    play.until(10 * MIN)
    play.set(alert(starts_ns=play.now_ns))
    play.until(20 * MIN)
    assert [one.kind for one in play.said] == ["trigger", "resolve", "trigger"]
    assert play.said[0].key == play.said[1].key != play.said[2].key


def test_all_labels_make_a_group_of_each_alert() -> None:
    play = Play()
    play.set(alert("A", team="search"), alert("B", team="search"))
    assert play.until(MIN) == [(30, r, "trigger") for r in ("mail", "chat", "mail", "chat")]
    play.set(alert("A", ends_ns=play.now_ns, team="search"))
    assert play.until(HOUR) == [(330, "chat", "resolve")]  # mail wants no ends


def test_a_page_silences_tickets_while_it_fires() -> None:
    play = Play()
    play.set(alert("Slow"), alert("Fast", severity="page"))
    assert {receiver for _, receiver, _ in play.until(MIN)} == {"pager", "ann"}
    play.set(alert("Fast", ends_ns=play.now_ns, severity="page"))
    assert [one for one in play.until(6 * MIN) if one[1] == "chat"] == [(330, "chat", "trigger")]


def held(starts_ns: int, ends_ns: int) -> Silence:
    return Silence(
        id="s", project="p", matchers=(read_matcher("alertname=Burn"),), starts_ns=starts_ns,
        ends_ns=ends_ns, author="ann", comment="x",
    )  # fmt: skip


def test_silence_says_nothing_and_loses_nothing() -> None:
    play = Play()
    play.silences.append(held(T0, T0 + HOUR))
    play.set(alert())
    assert play.until(HOUR - TICK) == []
    assert play.until(2 * HOUR) == [(3630, "chat", "trigger")]


def test_an_end_within_a_silence_is_told_after_it() -> None:
    play = Play()
    play.set(alert())
    play.until(MIN)
    play.silences.append(held(play.now_ns, T0 + HOUR))
    play.set(alert(ends_ns=play.now_ns))
    assert play.until(2 * HOUR) == [(3630, "chat", "resolve")]
    assert play.groups == {}


def test_a_muted_time_says_nothing_and_loses_nothing() -> None:
    play = Play()
    saturday = 5 * 24 * HOUR
    play.now_ns = T0 + saturday
    play.set(alert(team="search", starts_ns=play.now_ns))
    assert play.until(saturday + HOUR) == []
    play.now_ns = T0 + 7 * 24 * HOUR
    assert [one[1] for one in play.until(7 * 24 * HOUR + 5 * MIN)] == ["mail", "chat"]


def test_an_escalation_goes_on_until_somebody_acknowledges() -> None:
    play = Play()
    play.set(alert(severity="page"))
    assert play.until(16 * MIN) == [
        (30, "pager", "trigger"),
        (30, "ann", "trigger"),
        (930, "chat", "trigger"),
        (930, "ann", "trigger"),
    ]
    key = play.said[0].key
    assert {one.key for one in play.said} == {key}
    by = Acknowledgement(project="p", key=key, by="Ann", at_ns=play.now_ns)
    play.acknowledged[key] = by
    told = play.until(3 * HOUR)
    assert sorted(told) == [(970, r, "acknowledge") for r in ("ann", "chat", "pager")]
    assert play.said[-1].by == "Ann"
    play.set(alert(severity="page", ends_ns=play.now_ns))
    assert sorted(one[1:] for one in play.until(4 * HOUR)) == [
        (r, "resolve") for r in ("ann", "chat", "pager")
    ]


def test_an_escalation_ends_with_what_it_was_about() -> None:
    play = Play()
    play.set(alert(severity="page"))
    play.until(MIN)
    play.set(alert(severity="page", ends_ns=play.now_ns))
    assert sorted(one[1:] for one in play.until(HOUR)) == [("ann", "resolve"), ("pager", "resolve")]


def test_whoever_an_escalation_told_is_told_of_the_end_only() -> None:
    play = Play()
    play.set(alert("A", severity="page"))
    play.until(MIN)
    play.set(alert("B", severity="page"))
    assert play.until(6 * MIN) == [(330, "pager", "trigger")]
    assert play.until(14 * MIN) == []


def test_a_receiver_that_the_document_lost_is_told_nothing() -> None:
    play = Play()
    play.set(alert(severity="page"))
    play.until(MIN)
    play.routing = replace(
        ROUTING, receivers={name: one for name, one in ROUTING.receivers.items() if name != "pager"}
    )
    play.set(alert(severity="page", ends_ns=play.now_ns))
    assert [one[1:] for one in play.until(HOUR)] == [("ann", "resolve")]


def test_an_alert_that_is_gone_has_ended() -> None:
    play = Play()
    play.set(alert())
    play.until(MIN)
    play.alerts.clear()
    assert play.until(HOUR) == [(330, "chat", "resolve")]


def test_another_document_takes_back_what_was_told_by_a_route_that_is_gone() -> None:
    play = Play()
    play.set(alert(severity="page"))
    play.until(MIN)
    play.routing = read_routing(DOCUMENT.replace('severity="page"', 'severity="pager"', 1))
    told = play.until(2 * MIN)
    assert sorted(one[1:] for one in told) == [("ann", "resolve"), ("chat", "trigger"), ("pager", "resolve")]


def test_a_message_carries_what_the_reader_needs() -> None:
    said = {
        "summary": "tasks fail", "description": "12 % of tasks fail", "sli": "task_success", "sli_value": "0.88",
        "sli_n": "412", "sli_low": "0.845", "sli_high": "0.908", "target": "0.99", "rows": "https://t.example/rows",
        "cohort": '{"model": "m-2"}', "runbook": "https://t.example/run", "link.trace": "https://t.example/x",
        "change.2026-01-05T07:50:00Z": "prompt v7", "change.never": "lost",
    }  # fmt: skip
    play = Play()
    play.set(replace(alert(severity="page"), annotations=said))
    play.until(MIN)
    message = play.said[0]
    assert (message.title, message.summary, message.severity) == ("tasks fail", "12 % of tasks fail", "page")
    seen = message.evidence
    assert seen.reading is not None
    assert (seen.reading.value, seen.reading.n, seen.reading.target) == (0.88, 412, 0.99)
    assert (seen.rows_url, seen.cohort, seen.runbook) == (said["rows"], {"model": "m-2"}, said["runbook"])
    assert [(one.at_ns, one.what) for one in seen.changes] == [(T0 - 10 * MIN, "prompt v7")]
    assert [one.text for one in seen.links] == ["trace"]
    assert unpack_message(pack_message(message)) == message


def events() -> st.SearchStrategy[list[tuple[int, str, bool]]]:
    names = st.sampled_from(["A", "B", "C"])
    return st.lists(st.tuples(st.integers(0, 60), names, st.booleans()), max_size=12)


@settings(max_examples=60, deadline=None)
@given(events())
def test_every_page_that_was_told_is_taken_back_in_the_end(moves: list[tuple[int, str, bool]]) -> None:
    play = Play()
    for pause, name, fires in moves:
        play.until(play.now_ns - T0 + pause * 10 * S)
        play.set(alert(name, starts_ns=play.now_ns, ends_ns=None if fires else play.now_ns))
    for name in "ABC":
        play.set(alert(name, ends_ns=play.now_ns))
    play.until(play.now_ns - T0 + HOUR)
    assert play.groups == {}
    open_keys: set[str] = set()
    for one in play.said:
        if one.kind == "trigger":
            open_keys.add(one.key)
        else:
            assert one.key in open_keys  # never an end of what was not told
            open_keys.discard(one.key)
    assert open_keys == set()
    assert len({one.id for one in play.said}) == len(play.said)
