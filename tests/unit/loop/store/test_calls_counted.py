"""Of several steps that tell of one call one is counted: in sessions, in tools, in users' SQL, after a rebuild."""

from pathlib import Path
from typing import Any

from tests.support.bodies import span, traces_of
from tests.support.stores import NUMBERS, POLICY, STEPS, Kit, kit

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.sli import report
from trimtab.loop.store import Scope

TRACE = b"\1" * 16
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", "gen_ai.conversation.id": "s"}
MCP = {"mcp.method.name": "tools/call", "gen_ai.tool.name": "search"}
CHAT = {"gen_ai.request.model": "m", "gen_ai.conversation.id": "s"}
USAGE = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 2}
CALLS = "select llm_calls, tool_calls, tool_errors, input_tokens, output_tokens, cost_nusd, usage_unknown,"
CALLS += " unpriced, tool_calls_proposed, handoffs from sessions where project = $p"
SPOKEN = '[{"role": "assistant", "parts": [{"type": "tool_call", "name": "search"}]}]'


def body(number: int, parent: int, attributes: dict[str, Any]) -> bytes:
    """A span of the one trace."""
    return traces_of(
        [
            span(
                number,
                attributes,
                trace_id=TRACE,
                span_id=number.to_bytes(8, "big"),
                parent_span_id=parent.to_bytes(8, "big") if parent else b"",
                start_time_unix_nano=1_700_000_000_000_000_000 + number,
                end_time_unix_nano=1_700_000_001_000_000_000 - number,
            )
        ]
    )


THROUGH_MCP = [body(1, 0, TOOL), body(2, 1, MCP), body(3, 2, MCP | {"error.type": "tool_error"})]


def tools(store: Kit) -> Any:
    """The table of tools of the only group."""
    return report(store.analytics, Scope(project="p"))["groups"][0]["tools"]


def test_a_tool_call_through_mcp_is_one_call_that_failed() -> None:
    for bodies in (THROUGH_MCP, THROUGH_MCP[::-1]):
        with kit() as store:
            for found in bodies:
                store.take(found)
            row = store.rows(CALLS)[0]
            assert (row["tool_calls"], row["tool_errors"]) == (1, 1)
            (tool,) = tools(store)
            assert (tool["calls"], tool["errors"], tool["error_types"]) == (1, 1, {"tool_error": 1})
            sql = "select count(*) from steps where kind = 'tool' and not repeated"
            assert store.analytics.user_rows("p", sql, 9)[1] == [(1,)]


def test_a_late_error_within_restates_the_call() -> None:
    with kit() as store:
        store.take(THROUGH_MCP[0])
        assert store.rows(CALLS)[0]["tool_errors"] == 0
        store.take(THROUGH_MCP[1])
        store.take(THROUGH_MCP[2])
        assert store.rows(CALLS)[0]["tool_errors"] == 1


def test_a_call_is_led_to_what_was_stored_before_the_last_start(tmp_path: Path) -> None:
    with kit(tmp_path / "analytics.duckdb") as store:
        for found in THROUGH_MCP:
            store.take(found)
            store.analytics.close()
            store.analytics = DuckdbAnalytics(store.path, store.clock, POLICY, store.journal.positions)
        assert store.rows(CALLS)[0]["tool_calls"] == 1
        assert tools(store)[0]["errors"] == 1


def test_a_model_call_told_by_two_instrumentations_is_paid_once() -> None:
    outer = CHAT | USAGE | {"gcp.vertex.agent.llm_request": "{}"}
    with kit() as store:
        store.take(body(1, 0, outer))
        alone = store.rows(CALLS)
        store.take(body(2, 1, CHAT | USAGE | {"gen_ai.operation.name": "generate_content"}))
        assert store.rows(CALLS) == alone
        assert alone[0]["llm_calls"] == 1
        assert alone[0]["input_tokens"] == 10
        assert alone[0]["cost_nusd"] == 10 * 3 + 2 * 7


def test_what_only_one_of_the_two_tells_is_not_lost() -> None:
    with kit() as store:
        store.take(body(1, 0, CHAT | USAGE | {"gen_ai.output.messages": SPOKEN}))
        store.take(body(2, 1, CHAT))
        row = store.rows(CALLS)[0]
        assert (row["llm_calls"], row["input_tokens"], row["usage_unknown"]) == (1, 10, 0)
    with kit() as store:
        store.take(body(1, 0, CHAT | {"gen_ai.output.messages": SPOKEN}))
        store.take(body(2, 1, CHAT | USAGE))
        row = store.rows(CALLS)[0]
        assert (row["llm_calls"], row["input_tokens"], row["tool_calls_proposed"]) == (1, 10, 1)


def test_a_handoff_through_mcp_is_one() -> None:
    named = {"gen_ai.tool.name": "transfer_to_billing"}
    with kit() as store:
        store.take(body(1, 0, TOOL | named))
        store.take(body(2, 1, MCP | named))
        assert store.rows(CALLS)[0]["handoffs"] == 1


def test_a_rebuild_counts_the_same() -> None:
    with kit() as store:
        for found in (THROUGH_MCP[2], body(5, 4, CHAT | USAGE), THROUGH_MCP[0], body(4, 0, CHAT | USAGE)):
            store.take(found)
        store.take(THROUGH_MCP[1])
        before = store.rows(STEPS), store.rows(NUMBERS)
        store.rebuild()
        assert (store.rows(STEPS), store.rows(NUMBERS)) == before
        assert sum(row["repeated"] for row in before[0]) == 3


def test_when_the_outer_step_is_erased_the_inner_one_counts() -> None:
    with kit() as store:
        store.take(THROUGH_MCP[0])
        store.take(body(2, 1, MCP | {"session.id": "of the server"}))
        tool_calls = "select session, tool_calls from sessions where project = $p order by session"
        assert [row["tool_calls"] for row in store.rows(tool_calls)] == [0, 1]
        store.keeper.erase("p", "session", "s")
        assert store.rows(tool_calls) == [{"session": "of the server", "tool_calls": 1}]
        left = store.rows(STEPS)
        store.rebuild()
        assert store.rows(STEPS) == left
