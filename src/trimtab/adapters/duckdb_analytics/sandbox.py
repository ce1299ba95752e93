"""Users' SQL: one select over the views of one project; no files, no settings, no other tables."""

from collections.abc import Iterator
from typing import Any, cast

import duckdb
import orjson

from trimtab.vocabulary.kernel import Invalid, Refused

VIEWS = {
    "steps": "select * exclude (project, heard) from {catalog}.main.steps where project = {project}",
    "facts": "select * exclude (project) from {catalog}.main.facts where project = {project}",
    "sessions": "select * exclude (project, pinned_ns, settle_ns, close_ns, received_ns),"
    " coalesce(pinned_ns, case when settle_ns <= getvariable('now_ns') then close_ns end) as closed_ns"
    " from {catalog}.main.sessions where project = {project}",
}
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
FORBIDDEN_FUNCTIONS = frozenset(
    {
        # As scalars these make a list or text of any size, and do not hear an interrupt.
        "range",
        "generate_series",
        "repeat",
        "list_resize",
        "array_resize",
        "current_setting",
        "getvariable",
        "getenv",
        "set_config",
        "read_text",
        "read_blob",
        "query",
        "query_table",
    }
)
Names = frozenset[str]
HINT = "allowed: one select over steps, sessions and facts"


def scoped_views(catalog: str, project: str) -> Iterator[str]:
    """Statements that put the views of one project in front of the real tables, for one connection."""
    quoted = "'" + project.replace("'", "''") + "'"
    for name, body in VIEWS.items():
        yield f"create or replace temp view {name} as {body.format(catalog=catalog, project=quoted)}"


def nodes(value: object) -> Iterator[tuple[dict[str, Any], Names]]:
    """Every object of a parsed statement with the common table expressions in scope there.

    Without recursion, for a query can be nested deeply. A common table expression is in scope behind its
    definition, and within it only when it is recursive.
    """
    stack: list[tuple[object, Names]] = [(value, frozenset())]
    while stack:
        item, names = stack.pop()
        if isinstance(item, list):
            stack.extend((part, names) for part in cast("list[object]", item))
        elif isinstance(item, dict):
            found = cast("dict[str, Any]", item)
            if found.get("type") == "RECURSIVE_CTE_NODE":
                names |= {str(found.get("cte_name") or found.get("ctename") or "")}
            for entry in cte_entries(found):
                stack.append((entry["value"], names))
                names |= {str(entry["key"])}
            yield found, names
            if (
                found.get("type") == "TABLE_FUNCTION"
            ):  # checked by its own list: its arguments are left to see
                found = cast("dict[str, Any]", found.get("function", {}))
            stack.extend((part, names) for key, part in found.items() if key != "cte_map")


def check_query(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raise `Invalid` for what does not parse, `Refused` for what is not a select over the views."""
    try:
        parsed = orjson.loads(con.execute("select json_serialize_sql($sql)", {"sql": sql}).fetchall()[0][0])
    except orjson.JSONDecodeError as error:
        raise Invalid("the query is nested too deeply", hint=HINT, code="query") from error
    except duckdb.Error as error:
        raise Invalid(str(error), hint=HINT, code="query") from error
    if parsed.get("error"):
        if parsed.get("error_type") == "not implemented":
            raise Refused("only select statements are allowed", hint=HINT, code="query_not_select")
        raise Invalid(str(parsed.get("error_message")), hint=HINT, code="query")
    if len(parsed["statements"]) != 1:
        raise Refused("one statement at a time", hint=HINT, code="query_not_select")
    for node, names in nodes(parsed):
        check_node(node, names)


def cte_entries(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The common table expressions that a query node defines."""
    found = node.get("cte_map")
    return cast("list[dict[str, Any]]", found["map"]) if isinstance(found, dict) else []


def check_node(node: dict[str, Any], names: Names) -> None:
    """Refuse one node of the parsed statement where it reaches out of the views."""
    kind, function = node.get("type"), str(node.get("function_name", "")).lower()
    if kind == "BASE_TABLE":
        table = str(node.get("table_name", ""))
        qualified = node.get("schema_name") or node.get("catalog_name")
        if qualified or (table.lower() not in VIEWS and table not in names):
            raise Refused(f"no such view: {table}", hint=HINT, code="query_table")
    elif kind == "TABLE_FUNCTION":
        called = str(cast("dict[str, Any]", node.get("function", {})).get("function_name", "")).lower()
        if called not in TABLE_FUNCTIONS:
            raise Refused(f"the table function {called} is not allowed", hint=HINT, code="query_function")
    elif kind in {"SHOW_REF", "COLUMN_DATA", "DELIM_GET", "TABLE_REF"}:
        raise Refused("only select statements are allowed", hint=HINT, code="query_not_select")
    if function in FORBIDDEN_FUNCTIONS:
        raise Refused(f"the function {function} is not allowed", hint=HINT, code="query_function")
