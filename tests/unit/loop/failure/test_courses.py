"""The query that says how sessions went gives what walking their steps gives."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.support.courses import course_of
from tests.support.failing import CHAT, Shop

from trimtab.loop.failure import taxonomy
from trimtab.loop.failure.classify import UNKNOWN
from trimtab.loop.failure.courses import courses

TOOLS = ("get_order", "pay", "transfer_to_desk", "getaway", "ListItems", "")
SAYS = ("", "card 12 refused", "timeout")


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    found = Shop()
    yield found
    found.analytics.close()


def tool(name: str) -> dict[str, Any]:
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}


KINDS = st.one_of(
    st.just(CHAT),
    st.sampled_from(TOOLS).map(tool),
    st.sampled_from(["invoke_agent", "retrieval", "invoke_workflow"]).map(
        lambda name: {"gen_ai.operation.name": name}
    ),
    st.just(CHAT | {"gen_ai.response.finish_reasons": ["length"]}),
)
OK: dict[str, Any] = {}
STATUS = st.one_of(
    st.just(OK), st.just(OK), st.sampled_from(SAYS).map(lambda text: {"code": 2, "message": text})
)
RUNS = st.tuples(st.tuples(KINDS, STATUS), st.sampled_from([1, 1, 1, 2, 5, 6, 7])).map(
    lambda run: [run[0]] * run[1]
)
SESSIONS = st.lists(RUNS, min_size=1, max_size=6).map(lambda runs: [step for run in runs for step in run])


WORKFLOW = {"gen_ai.operation.name": "invoke_workflow"}


@example(steps=[(WORKFLOW, {"code": 2, "message": ""}), (WORKFLOW, OK)])  # an error that did not last
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(SESSIONS)
def test_the_query_says_what_walking_the_steps_says(
    shop: Shop, steps: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    name = shop.session(0, *steps)
    rows = shop.analytics.rows("select * from steps where session = $name", {"name": name})
    (session,) = shop.analytics.rows("select * from sessions where session = $name", {"name": name})
    found = courses(shop.analytics, "p", [session], taxonomy()).get(name, UNKNOWN)
    wanted = course_of(rows, taxonomy())
    for field in ("answered", "handed", "looped", "acted", "ended", "called"):
        assert getattr(found, field) == getattr(wanted, field), field
    shared = ("agent", "kind", "tool", "error_class", "error_message")
    lasting = [{key: one[key] for key in shared} if one else None for one in (found.lasting, wanted.lasting)]
    assert lasting[0] == lasting[1]


def test_sessions_do_not_mix(shop: Shop) -> None:
    names = [shop.session(0, *[(tool("pay"), OK)] * 4, (CHAT, OK)) for _ in range(2)]
    rows = shop.analytics.rows(
        "select * from sessions where session in (select unnest($names))", {"names": names}
    )
    found = courses(shop.analytics, "p", rows, taxonomy())
    assert [found[name].looped for name in names] == ["", ""]
    assert courses(shop.analytics, "q", rows, taxonomy()) == {}
