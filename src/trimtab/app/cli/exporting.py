"""`trimtab export`: rows for a warehouse."""

import os
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from trimtab.app.cli.desk import Desk
from trimtab.app.cli.options import AsJson, Data, Project, Since, desk_of, print_json
from trimtab.app.cli.times import since_ns
from trimtab.vocabulary.kernel import Conflict, Invalid

Json = dict[str, Any]
MANIFEST = "manifest.json"
DAY_NS = 86_400_000_000_000
export = typer.Typer(no_args_is_help=True, help="Take the rows away, for a warehouse.")


@export.callback()
def group() -> None:
    """Take the rows away, for a warehouse."""


@export.command()
def parquet(
    folder: Annotated[Path, typer.Argument(help="Where the files go: TABLE/date=DAY/part.parquet.")],
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Steps, sessions and facts as Parquet, a file for each UTC day; again, only what has changed."""
    with desk_of(data, project) as desk:
        offer = desk.get("/api/v1/export")
        manifest = manifest_of(folder, offer)
        known: dict[str, Json] = manifest["files"]
        first = day_of(since_ns(since))
        wanted = [row for row in offer["days"] if row["day"] >= first]
        changed = [row for row in wanted if known.get(name_of(row), {}).get("digest") != row["digest"]]
        from rich.console import Console
        from rich.progress import track

        console = Console(stderr=True, markup=False)
        for row in track(changed, "writing", console=console, disable=as_json, transient=True):
            write(desk, folder, row)
            known[name_of(row)] = {"rows": row["rows"], "digest": row["digest"]}
            put(folder / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    rows = sum(row["rows"] for row in changed)
    result = {
        "files": len(changed),
        "rows": rows,
        "unchanged": len(wanted) - len(changed),
        "folder": str(folder),
    }
    if as_json:
        return print_json(result)
    typer.echo(f"wrote {len(changed)} files, {rows:,} rows; {result['unchanged']} files were up to date")


def name_of(row: Json) -> str:
    """The file of a table and day."""
    return f"{row['table']}/date={row['day']}/part.parquet"


def day_of(time_ns: int | None) -> str:
    """The UTC day of a time, as its name."""
    from datetime import UTC, datetime

    return "" if time_ns is None else datetime.fromtimestamp(time_ns / 1e9, tz=UTC).date().isoformat()


def manifest_of(folder: Path, offer: Json) -> Json:
    """What the folder holds; raises `Conflict` where that is of another project, or of another shape."""
    path = folder / MANIFEST
    about = {name: offer[name] for name in ("project", "schema", "normaliser")}
    if not path.exists():
        if folder.exists() and any(folder.iterdir()):
            raise Conflict(f"{folder} holds something else", hint="name a new folder")
        return about | {"files": {}}
    try:
        kept: Json = orjson.loads(path.read_bytes())
        same = {name: kept[name] for name in ("project", "schema")}
    except (OSError, ValueError, KeyError) as error:
        raise Invalid(f"cannot read {path}: {error}", hint="name a new folder") from error
    if same != {name: about[name] for name in same}:
        raise Conflict(f"{folder} is of {same}, this is of {about}", hint="name a new folder")
    return kept | about


def write(desk: Desk, folder: Path, row: Json) -> None:
    """Fetch one file and put it in place."""
    put(folder / name_of(row), desk.get(f"/api/v1/export/{row['table']}/{row['day']}"))


def put(path: Path, content: bytes) -> None:
    """A whole file or none: under another name, on the disk, then in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.fresh")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
