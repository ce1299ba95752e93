"""The description of the API in OpenAPI 3.1, made from the same declarations that make the routes.

https://spec.openapis.org/oas/v3.1.1
"""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from trimtab.app.http.access import COOKIE
from trimtab.app.http.api.arguments import WITH_BODY
from trimtab.app.http.api.declare import NAMES, Operation, Parameter
from trimtab.loop.access import ROLES, SCOPES_OF

Json = dict[str, Any]
PROBLEM = "application/problem+json"
PROBLEMS = {
    "400": "The input is wrong: what, and what instead.",
    "401": "Nobody is known by this key or cookie.",
    "403": "Understood, but not allowed.",
    "404": "What is named is not there, or belongs to another project.",
    "409": "It has changed, it is taken, or the same request is under way.",
    "413": "Too large.",
    "422": "The Idempotency-Key stands for another request.",
    "429": "Too many requests: wait as long as Retry-After says.",
    "503": "Not now: wait as long as Retry-After says.",
}
PATH_LONGEST = 2000


def describe(operations: Sequence[Operation]) -> Json:
    """The document."""
    paths: dict[str, Json] = {}
    for one in operations:
        paths.setdefault(f"/api/v1{one.template}", {})[one.method.lower()] = operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trimtab",
            "version": version("trimtab"),
            "summary": "Promises about LLM agents, from their traces.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {"Problem": problem()},
            "responses": {status: failed(says) for status, says in PROBLEMS.items()},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key: tt_..."},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def operation(one: Operation) -> Json:
    """One operation."""
    found: Json = {
        "operationId": one.says and operation_id(one),
        "summary": one.says,
        "tags": [one.template.split("/")[1]],
        "parameters": parameters(one),
        "responses": {"200": succeeded(one)}
        | {status: {"$ref": f"#/components/responses/{status}"} for status in PROBLEMS},
    }
    if one.door is None:
        roles = [role for role in ROLES if one.scope is None or one.scope in SCOPES_OF[role]]
        scopes = [one.scope] if one.scope else []
        found["security"] = [{"key": scopes}, {"session": roles[:1]}]
        found["x-trimtab-scope"] = one.scope
    if one.method in WITH_BODY:
        found["requestBody"] = body(one)
    return found


def operation_id(one: Operation) -> str:
    """A name for generated clients: the method and the path."""
    return "_".join([one.method.lower(), *one.template.replace("{", "").replace("}", "").split("/")[1:]])


def parameters(one: Operation) -> list[Json]:
    """What stands in path, query and headers."""
    found: list[Json] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": PATH_LONGEST},
        }
        for name in NAMES.findall(one.path)
    ]
    if one.method not in WITH_BODY:
        found += [queried(parameter) for parameter in one.takes]
    if one.pages:
        limit = {"type": "integer", "minimum": 1, "maximum": one.pages.most, "default": one.pages.default}
        found.append(given("limit", limit, "So many rows a page."))
        found.append(given("cursor", {"type": "string"}, "`next` of the page before."))
    if one.dimensions:
        schema = {"type": "object", "additionalProperties": {"type": "string"}}
        says = "Any other name is a dimension of a cohort: agent=airline, or one of your own."
        found.append(given("cohort", schema, says) | {"style": "form", "explode": True})
    return found + headers(one)


def headers(one: Operation) -> list[Json]:
    """The headers that matter."""
    found: list[Json] = []
    if one.door is None:
        says = "The project; an API key has its own."
        found.append(given("X-Trimtab-Project", {"type": "string"}, says, "header"))
    if one.door is None and one.method != "GET":
        says = (
            "A write that is sent again with the same key within a day is answered again, and not done again."
        )
        schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        found.append(given("Idempotency-Key", schema, says, "header"))
    if one.tagged:
        found.append(given("If-None-Match", {"type": "string"}, "An ETag: 304 where it holds.", "header"))
    return found


def queried(parameter: Parameter) -> Json:
    """A parameter of the query."""
    return given(parameter.name, dict(parameter.schema), parameter.says) | {"required": parameter.required}


def given(name: str, schema: Json, says: str, where: str = "query") -> Json:
    """A parameter."""
    return {"name": name, "in": where, "schema": schema, "description": says}


def body(one: Operation) -> Json:
    """The body of a write."""
    if one.free:
        schema: Json = {"description": "One fact or a list of facts: see docs/facts.md."}
        return {"required": True, "content": {"application/json": {"schema": schema}}}
    schema = {
        "type": "object",
        "properties": {p.name: dict(p.schema) | {"description": p.says} for p in one.takes},
        "additionalProperties": {"type": "string"} if one.dimensions else False,
    }
    if required := [p.name for p in one.takes if p.required]:
        schema["required"] = required
    return {"required": bool(required), "content": {"application/json": {"schema": schema}}}


def succeeded(one: Operation) -> Json:
    """The answer where all went well."""
    schema: Json = {"type": "object"}
    if one.media != "application/json":
        schema = {"type": "string", "contentMediaType": one.media}
    elif one.pages:
        rows = {"type": "array", "items": {"type": "object"}}
        schema["properties"] = {one.pages.rows: rows, "next": {"type": ["string", "null"]}}
        schema["required"] = [one.pages.rows, "next"]
    found: Json = {"description": one.says, "content": {one.media: {"schema": schema}}}
    if one.tagged:
        found["headers"] = {"ETag": {"schema": {"type": "string"}}}
    return found


def failed(says: str) -> Json:
    """An answer that says what is wrong."""
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": says, "content": content}


def problem() -> Json:
    """Problem details, RFC 9457."""
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string", "description": "A stable code."},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What is wrong."},
            "hint": {"type": "string", "description": "What to do."},
        },
    }
