"""What a measurement found: raw numbers, and lines beside their targets; printed and kept as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measured value; `floor` is what bare parts reach in the same run, `good` None where there is no target."""

    what: str
    value: float
    unit: str
    target: float | None = None
    relation: str = ""
    floor: float | None = None

    @property
    def good(self) -> bool | None:
        """Whether the target is reached."""
        if self.target is None:
            return None
        return self.value >= self.target if self.relation == ">=" else self.value <= self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One measurement."""

    name: str
    raw: dict[str, Any]
    lines: list[Line]


def at_least(what: str, value: float, target: float, unit: str, floor: float | None = None) -> Line:
    """A value that shall not be smaller."""
    return Line(what=what, value=value, unit=unit, target=target, relation=">=", floor=floor)


def at_most(what: str, value: float, target: float, unit: str, floor: float | None = None) -> Line:
    """A value that shall not be greater."""
    return Line(what=what, value=value, unit=unit, target=target, relation="<=", floor=floor)


def no_target(what: str, value: float, unit: str, floor: float | None = None) -> Line:
    """A value for the reader."""
    return Line(what=what, value=value, unit=unit, floor=floor)


def number(value: float) -> str:
    """Three digits that matter, thousands grouped."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(outcome: Outcome) -> None:
    """Print the lines as a table."""
    print(f"\n{outcome.name}")
    print(f"  {'what':<54}{'measured':>12}  {'unit':<14}{'target':>12}{'floor':>12}{'of floor':>10}")
    for line in outcome.lines:
        target = "" if line.target is None else f"{line.relation} {number(line.target)}"
        floor = "" if line.floor is None else number(line.floor)
        share = "" if not line.floor else f"{line.value / line.floor:.1%}"
        said = {None: "", True: "  ok", False: "  MISSED"}[line.good]
        print(
            f"  {line.what:<54}{number(line.value):>12}  {line.unit:<14}{target:>12}{floor:>12}{share:>10}{said}"
        )


def keep(outcome: Outcome, folder: Path, about: dict[str, Any]) -> Path:
    """Write the outcome as JSON, with what the reader must know about the run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{outcome.name}.json"
    listed = [asdict(line) | {"good": line.good} for line in outcome.lines]
    document = {
        "name": outcome.name,
        **rounded(about),
        "lines": rounded(listed),
        "raw": rounded(outcome.raw),
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def rounded(value: Any) -> Any:
    """Numbers with as many digits as they are worth."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
