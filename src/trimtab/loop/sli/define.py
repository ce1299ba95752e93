"""The catalogue: the indicators that come with Trimtab, and those that a project adds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson
import yaml

from trimtab.loop.sli.model import Definition, definition_of
from trimtab.loop.sli.probe import probe
from trimtab.loop.store import Analytics, State
from trimtab.vocabulary.kernel import Conflict, Invalid, Missing

KEY = "sli."
CATALOGUE, COVERAGE = "catalogue.yaml", "coverage.yaml"
MAX_OWN = 100


def read_definitions(text: str, place: str) -> list[Definition]:
    """The definitions in a YAML text of one or more documents; raises `Invalid` that names the place."""
    try:
        documents: list[Any] = [found for found in yaml.load_all(text, yaml.CSafeLoader) if found is not None]
    except yaml.YAMLError as error:
        raise Invalid(
            f"{place} is not YAML: {error}", hint="see `trimtab sli list --json` for examples"
        ) from error
    found = [definition_of(one, place) for one in documents]
    if not found:
        raise Invalid(f"{place} holds no indicator", hint="name: ..., of: sessions, good: ..., bad: ...")
    return found


@lru_cache(maxsize=4)
def shipped(file: str) -> Mapping[str, Definition]:
    """The definitions of a file that comes with Trimtab, in their order."""
    text = files("trimtab.loop.sli").joinpath(file).read_text(encoding="utf-8")
    return {found.name: found for found in read_definitions(text, file)}


def built_in() -> Mapping[str, Definition]:
    """The indicators that come with Trimtab, in the order in which they are shown."""
    return shipped(CATALOGUE)


def own(state: State, project: str) -> dict[str, Definition]:
    """The indicators that a project has added."""
    rows: list[Any] = orjson.loads(state.setting(KEY + project) or "[]")
    return {row["name"]: definition_of(row, "state") for row in rows}


def catalogue(state: State, project: str) -> dict[str, Definition]:
    """All indicators of a project."""
    return {**built_in(), **own(state, project)}


def add(state: State, analytics: Analytics, project: str, text: str) -> list[str]:
    """Add the indicators of a YAML text, all or none of them; gives their names.

    One of the same name takes the place of the project's own. Each is tried on the project's columns first.
    """
    kept = own(state, project)
    names: list[str] = []
    for found in read_definitions(text, "the document"):
        if found.name in built_in():
            raise Conflict(f"{found.name} comes with Trimtab", hint="choose another name")
        if found.shape == "none":
            raise Invalid(f"{found.name} measures nothing", hint="good and bad, or value, or sum and per")
        probe(analytics, project, found)
        kept[found.name] = found
        names.append(found.name)
    if len(kept) > MAX_OWN:
        raise Invalid(f"{len(kept)} indicators of your own", hint=f"at most {MAX_OWN}")
    keep(state, project, list(kept.values()))
    return names


def remove(state: State, project: str, name: str) -> None:
    """Remove an indicator that the project added."""
    kept = own(state, project)
    if name not in kept:
        raise Missing(f"no indicator of yours: {name}", hint="`trimtab sli list` shows what there is")
    del kept[name]
    keep(state, project, list(kept.values()))


def keep(state: State, project: str, found: Sequence[Definition]) -> None:
    """Store the project's own indicators."""
    state.set_setting(KEY + project, orjson.dumps([asdict(one) for one in found]).decode())


def chosen(found: Mapping[str, Definition], names: Sequence[str]) -> list[Definition]:
    """The named indicators, or all that are quick; raises `Invalid` for a name that is not there."""
    if unknown := [name for name in names if name not in found]:
        raise Invalid(f"no indicator: {unknown[0]}", hint="`trimtab sli list` shows what there is")
    return [found[name] for name in names] if names else [one for one in found.values() if not one.slow]
