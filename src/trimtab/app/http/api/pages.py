"""Pages of a list: an opaque cursor that stays right when rows are added before it."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson

from trimtab.app.http.api.declare import Arguments, Pages
from trimtab.vocabulary.kernel import Invalid

GROWN = 1000
"""So many rows may have come before a cursor since it was given, in lists that are made anew for each page."""
TURNS = ("next", "previous", "newer")
"""Where an answer may hold a cursor."""
WRONG = "not a cursor of this list"


def read_cursor(given: object) -> list[Any] | None:
    """What a cursor holds, None without one; raises `Invalid`."""
    if given is None or given == "":
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(str(given).encode("ascii")))
    except (ValueError, binascii.Error) as error:
        raise Invalid(WRONG, hint="send `next` of the page before as it came") from error
    if not isinstance(found, list) or not found:
        raise Invalid(WRONG, hint="send `next` of the page before as it came")
    return cast("list[Any]", found)


def write_cursor(found: Sequence[Any] | None) -> str | None:
    """A cursor as text."""
    return None if found is None else base64.urlsafe_b64encode(orjson.dumps(list(found))).decode()


def turn_to(pages: Pages, arguments: Arguments) -> tuple[int, list[Any] | None]:
    """How many rows the page has and where it begins; `limit` and `cursor` become what the function takes."""
    limit = limit_of(arguments.pop("limit", None), pages)
    cursor = read_cursor(arguments.pop("cursor", None))
    if pages.pushed:
        arguments |= {"limit": limit, "cursor": cursor}
    elif pages.limited:
        behind = place_of(cursor) + GROWN if cursor else 0
        arguments["limit"] = behind + limit + 1
    return limit, cursor


def limit_of(given: object, pages: Pages) -> int:
    """The number of rows of a page; raises `Invalid`."""
    if given is None or given == "":
        return pages.default
    try:
        found = int(str(given))
    except ValueError as error:
        raise Invalid(f"limit={given!r} is not a whole number", hint="for example limit=100") from error
    if not 0 <= found < 1 << 63:
        raise Invalid(f"limit={given!r} is out of bounds", hint=f"1 to {pages.most}")
    return min(found or pages.default, pages.most)


def place_of(cursor: Sequence[Any]) -> int:
    """How many rows were before the cursor when it was given."""
    if not isinstance(cursor[0], int) or not 0 <= cursor[0] < 1 << 31:
        raise Invalid(WRONG, hint="send `next` of the page before as it came")
    return cursor[0]


def page(pages: Pages, answer: Arguments, limit: int, cursor: list[Any] | None) -> Arguments:
    """The answer with one page of its rows and, where more follow, the cursor of the next."""
    if pages.pushed:
        turned = {name: write_cursor(answer[name]) for name in TURNS if name in answer}
        return {"next": None} | answer | turned
    rows: Sequence[Mapping[str, Any]] = answer[pages.rows]
    begins = after(pages, rows, cursor) if cursor else 0
    ends = begins + limit
    more = len(rows) > ends
    following = [ends, *name_of(pages, rows[ends - 1])] if more else None
    return answer | {pages.rows: rows[begins:ends], "next": write_cursor(following)}


def after(pages: Pages, rows: Sequence[Mapping[str, Any]], cursor: list[Any]) -> int:
    """The place behind the row that the cursor names; where it is gone, the place that it had."""
    place, name = place_of(cursor), cursor[1:]
    for index, row in enumerate(rows):
        if name_of(pages, row) == name:
            return index + 1
    return min(place, len(rows))


def name_of(pages: Pages, row: Mapping[str, Any]) -> list[Any]:
    """What names a row, as JSON keeps it."""
    return [str(row.get(field)) for field in pages.named_by]
