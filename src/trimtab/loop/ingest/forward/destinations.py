"""Which destinations a project has, and how far each is: kept in the state."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

import orjson

from trimtab.loop.ingest.forward.model import SIGNALS, Destination, Progress
from trimtab.loop.store import Signal, State
from trimtab.vocabulary.kernel import Invalid

LISTED, REACHED = "forward.", "forwarded."
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")
URL = re.compile(r"https?://[^\s/]+(/\S*)?")
MAX_DESTINATIONS = 20


def destination_of(project: str, given: Mapping[str, Any]) -> Destination:
    """A destination as it was given; raises `Invalid`."""
    name, url = str(given.get("name", "")), str(given.get("url", "")).rstrip("/")
    if not NAME.fullmatch(name):
        raise Invalid(f"not a name: {name!r}", hint="small letters, digits and -, for example jaeger")
    if not URL.fullmatch(url):
        raise Invalid(
            f"not an address: {url!r}", hint="for example http://127.0.0.1:4318, without /v1/traces"
        )
    signals = tuple(given.get("signals") or ("traces",))
    if wrong := [one for one in signals if one not in SIGNALS]:
        raise Invalid(f"no signal: {wrong[0]}", hint=f"of {', '.join(SIGNALS)}")
    headers = cast("Mapping[str, object]", given.get("headers") or {})
    for header, variable in headers.items():
        if not HEADER.fullmatch(header) or not VARIABLE.fullmatch(str(variable)):
            raise Invalid(
                f"header {header}: not the name of a variable",
                hint="give the environment variable that holds the value, never the value",
            )
    return Destination(
        project=project,
        name=name,
        url=url,
        signals=cast("tuple[Signal, ...]", signals),
        headers={header: str(variable) for header, variable in headers.items()},
    )


def listed(state: State, project: str) -> dict[str, Destination]:
    """The destinations of a project, by name."""
    rows: list[dict[str, Any]] = orjson.loads(state.setting(LISTED + project) or "[]")
    return {row["name"]: destination_of(project, row) for row in rows}


def keep(state: State, project: str, destinations: Mapping[str, Destination]) -> None:
    """Keep the destinations of a project."""
    if len(destinations) > MAX_DESTINATIONS:
        raise Invalid(f"{len(destinations)} destinations", hint=f"at most {MAX_DESTINATIONS}")
    rows = [asdict(one) for one in destinations.values()]
    state.set_setting(LISTED + project, orjson.dumps(rows).decode())


def progress(state: State, of: Destination) -> Progress | None:
    """How far a destination is; None before it was ever noted."""
    kept = state.setting(f"{REACHED}{of.project}/{of.name}")
    return Progress(**orjson.loads(kept)) if kept else None


def note(state: State, of: Destination, reached: Progress) -> None:
    """Note how far a destination is."""
    state.set_setting(f"{REACHED}{of.project}/{of.name}", orjson.dumps(asdict(reached)).decode())
