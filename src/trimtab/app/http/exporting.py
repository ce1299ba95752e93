"""Rows for a warehouse over the API: one table and one day at a time, as Parquet.

The rows come to whoever asks; nothing is written on the server's machine.
"""

import tempfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Invalid
from trimtab.vocabulary.trace import NORMALISER_VERSION

Arguments = dict[str, Any]
EPOCH = date(1970, 1, 1)
IN_MEMORY_BYTES = 16_000_000
SCHEMA = 1
"""Grows when columns of the exported tables change their names or meaning."""


def show_days(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """The tables and days that there are, with the number of rows and a digest that changes with them."""
    rows = server.analytics.days(grant.project)
    shown = [row | {"day": (EPOCH + timedelta(days=row["day"])).isoformat()} for row in rows]
    now = datetime.fromtimestamp(server.clock.now_ns() / 1e9, tz=UTC).isoformat()
    return {
        "project": grant.project,
        "schema": SCHEMA,
        "normaliser": NORMALISER_VERSION,
        "at": now,
        "days": shown,
    }


def take_day(server: Server, grant: Grant, arguments: Arguments) -> object:
    """One day of a table as Parquet."""
    try:
        day = (date.fromisoformat(str(arguments["day"])) - EPOCH).days
    except ValueError as error:
        raise Invalid(f"not a day: {arguments['day']}", hint="for example 2026-01-31") from error
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as sink:
        server.analytics.parquet(grant.project, str(arguments["table"]), day, sink)  # type: ignore[arg-type]
        sink.seek(0)
        return Response(sink.read(), media_type="application/vnd.apache.parquet")
