"""`trimtab pull`: traces out of a running product."""

from typing import Annotated

import typer

from trimtab.app.cli.options import AsJson, Data, Project, desk_of, print_json
from trimtab.app.cli.times import since_ns
from trimtab.app.settings import Settings
from trimtab.vocabulary.kernel import SystemClock

pull = typer.Typer(no_args_is_help=True, help="Traces out of a running product; again, it goes on.")
FIRST = "30d"


@pull.callback()
def group() -> None:
    """Traces out of a running product."""


@pull.command()
def langfuse(
    url: Annotated[str, typer.Option(help="Its address, for example https://cloud.langfuse.com.")],
    since: Annotated[
        str | None, typer.Option(help=f"30m, 12h, 7d, or a time [default: where it ended, at first {FIRST}].")
    ] = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Pull traces of a Langfuse by its public API; the keys are LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY."""
    from trimtab.app.bootstrap.sources import Reached, open_langfuse
    from trimtab.app.cli.importing import take
    from trimtab.loop.ingest.imports import OVERLAP_NS, Tally
    from trimtab.loop.ingest.imports import pull as pulled

    reached, name = Reached(Settings.read(data=data).data), f"{project or 'default'} {url.rstrip('/')}"
    until_ns, last_ns = SystemClock().now_ns(), reached.get(name)
    if since is None and last_ns is not None:
        from_ns = last_ns - OVERLAP_NS
    else:
        from_ns = since_ns(since or FIRST, until_ns) or 0
    # What begins behind the place where the last one ended would leave a gap, for ever.
    goes_on = last_ns is None or from_ns <= last_ns

    def note(time_ns: int) -> None:
        if goes_on:
            reached.put(name, max(time_ns, last_ns or 0))

    tally = Tally()
    with open_langfuse(url) as source, desk_of(data, project) as desk:
        pieces = pulled(source, from_ns, until_ns, tally, note)
        result = take(desk, ((url, piece) for piece in pieces), tally, quiet=as_json)
    if as_json:
        print_json(result | {"source": "langfuse", "since_ns": from_ns, "until_ns": until_ns})
