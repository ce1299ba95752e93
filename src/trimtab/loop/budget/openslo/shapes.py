"""Which fields a document may have: `shapes.yaml`, and the check of a document against it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from trimtab.loop.budget.window import span_of
from trimtab.vocabulary.document import Node, Problems, nearest
from trimtab.vocabulary.kernel import Invalid

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
MAX_TEXT = 4000
MAX_NUMBER = 1e15
REFS = {
    "AlertPolicy": "alertPolicyRef",
    "AlertCondition": "conditionRef",
    "AlertNotificationTarget": "targetRef",
    "SLI": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a field may hold; `many` and `most` are 0 where they do not apply."""

    name: str
    kind: str = "any"
    words: tuple[str, ...] = ()
    required: bool = False
    many: int = 0
    most: int = MAX_TEXT


@lru_cache(maxsize=1)
def shapes() -> dict[str, dict[str, Field]]:
    """The shapes by name."""
    text = files("trimtab.loop.budget.openslo").joinpath("shapes.yaml").read_text(encoding="utf-8")
    data: dict[str, dict[str, dict[str, Any]]] = yaml.load(text, yaml.CSafeLoader)
    return {
        shape: {name: field_of(name, given) for name, given in fields.items()}
        for shape, fields in data.items()
    }


def field_of(name: str, given: dict[str, Any]) -> Field:
    """A field of the data file."""
    kind: str | list[str] = given["is"]
    rest = {key: value for key, value in given.items() if key != "is"}
    if isinstance(kind, list):
        return Field(name=name, kind="choice", words=tuple(kind), **rest)
    return Field(name=name, kind=kind, **rest)


def check(node: Node, shape: str, problems: Problems) -> bool:
    """Whether a mapping has the fields of a shape; notes every problem."""
    before = len(problems.found)
    if not isinstance(node.value, dict):
        problems.add(node, f"this is no {shape}", f"its fields: {', '.join(shapes()[shape])}")
        return False
    known = shapes()[shape]
    for name, value in node.fields.items():
        if name not in known:
            problems.add(value, f"unknown field {name!r}", nearest(name, known))
        elif value.value is not None:
            check_field(value, known[name], problems)
    for name, field in known.items():
        if field.required and node.get(name) is None:
            problems.add(node, f"{name} is missing", example(field))
    return len(problems.found) == before


def check_field(node: Node, field: Field, problems: Problems) -> None:
    """Check one field, or each item of a list."""
    if not field.many:
        check_value(node, field, problems)
        return
    if not node.items and (field.required or node.value != []):
        problems.add(node, f"{field.name} is no list of one or more", f"{field.name}:\n  - ...")
    if len(node.items) > field.many:
        problems.add(node, f"{field.name} has {len(node.items)} items", f"at most {field.many}")
    for item in node.items:
        check_value(item, field, problems)


def check_value(node: Node, field: Field, problems: Problems) -> None:
    """Check one value by its kind."""
    if field.kind == "any":
        return
    if field.kind in VALUES:
        VALUES[field.kind](node, field, problems)
    elif field.kind.endswith(" inline"):
        check_inline(node, field.kind.removesuffix(" inline"), problems)
    else:
        check(node, field.kind, problems)


def check_inline(node: Node, kind: str, problems: Problems) -> None:
    """An object that is written where it is used, or (in lists) named by a ref."""
    ref = REFS[kind]
    if ref and isinstance(node.value, str):
        check_name(node, Field(name=ref), problems)
        return
    if ref in node.fields:
        check_name(node.fields[ref], Field(name=ref), problems)
        for other in node.fields.keys() - {ref}:
            problems.add(
                node.fields[other], f"{other} beside {ref}", "either the name or the object, not both"
            )
        return
    if not isinstance(node.value, dict):
        problems.add(node, f"this is no {kind}", f"{ref + ': its-name, or ' if ref else ''}metadata and spec")
        return
    for other in node.fields.keys() - {"apiVersion", "kind", "metadata", "spec"}:
        problems.add(
            node.fields[other], f"unknown field {other!r}", nearest(other, ["metadata", "spec", "kind", ref])
        )
    if node.words("kind") not in ("", kind):
        problems.add(node.fields["kind"], f"this is no {node.words('kind')}", f"kind: {kind}")
    for part, shape in (("metadata", "Metadata"), ("spec", kind)):
        found = node.get(part)
        if found:
            check(found, shape, problems)
        else:
            problems.add(node, f"{part} is missing", f"{part}: {{...}}")


def check_text(node: Node, field: Field, problems: Problems) -> None:
    """Text that is not empty and not too long; a date counts as text, a number does not."""
    if not isinstance(node.value, str) or not node.value.strip():
        problems.add(node, f"{field.name} is no text", f'{field.name}: "..."')
    elif len(node.value) > field.most:
        problems.add(node, f"{field.name} has {len(node.value)} characters", f"at most {field.most}")


def check_name(node: Node, field: Field, problems: Problems) -> None:
    """A name as of RFC 1123: at most 63 small letters, digits and hyphens."""
    if not isinstance(node.value, str) or not NAME.fullmatch(node.value):
        problems.add(
            node,
            f"{field.name} {node.text!r} is no name",
            f"{slug(node.text)} (at most 63 small letters, digits and hyphens)",
        )


def slug(text: str) -> str:
    """The name nearest to a text: OnCallMail becomes on-call-mail."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", parted.lower()).strip("-")[:63].strip("-") or "name"


def check_number(node: Node, field: Field, problems: Problems) -> None:
    """A finite number."""
    if (
        isinstance(node.value, bool)
        or not isinstance(node.value, int | float)
        or abs(node.value) > MAX_NUMBER
    ):
        problems.add(node, f"{field.name} is no number", f"{field.name}: 0.95")


def check_flag(node: Node, field: Field, problems: Problems) -> None:
    """True or false."""
    if not isinstance(node.value, bool):
        problems.add(node, f"{field.name} is neither true nor false", f"{field.name}: true")


def check_choice(node: Node, field: Field, problems: Problems) -> None:
    """One of a few words."""
    if node.value not in field.words:
        problems.add(node, f"{field.name} is {node.text!r}", nearest(node.text, field.words))


def check_duration(node: Node, field: Field, problems: Problems) -> None:
    """A length such as 30d."""
    try:
        span_of(node.text)
    except Invalid as error:
        problems.add(node, f"{field.name}: {error.message}", error.hint)


def check_slice(node: Node, field: Field, problems: Problems) -> None:
    """A length, or a whole number of minutes."""
    if isinstance(node.value, int) and not isinstance(node.value, bool) and 0 < node.value <= 10_080:
        return
    check_duration(node, field, problems)


def check_texts(node: Node, field: Field, problems: Problems) -> None:
    """A list of one or more texts, each at most once; one alone may stand without a list."""
    if isinstance(node.value, list):
        for item in node.items:
            check_text(item, field, problems)
        texts = [item.text for item in node.items]
        if not texts or len(texts) != len(set(texts)) or len(texts) > 200:
            problems.add(
                node, f"{field.name} is empty, or says a thing twice", f"{field.name}: [first, second]"
            )
    else:
        check_text(node, field, problems)


def check_words(node: Node, field: Field, problems: Problems) -> None:
    """Words by name; a label may have several."""
    if not isinstance(node.value, dict) or len(node.fields) > 200:
        problems.add(
            node, f"{field.name} is no mapping of at most 200 words", f"{field.name}: {{team: payments}}"
        )
    for key, value in node.fields.items():
        for item in value.items if isinstance(value.value, list) else [value]:
            if isinstance(item.value, dict | list) or item.value is None or not item.text.strip():
                problems.add(item, f"{field.name}: {key} is no text", f'{key}: "..."')
            elif len(item.text) > MAX_TEXT or len(key) > 200:
                problems.add(item, f"{field.name}: {key[:40]} is too long", f"at most {MAX_TEXT} characters")


def example(field: Field) -> str:
    """What a field could look like."""
    if field.words:
        return f"{field.name}: {' | '.join(field.words)}"
    return f"{field.name}: {EXAMPLES.get(field.name, '...')}"


Check = Callable[[Node, Field, Problems], None]
VALUES: dict[str, Check] = {
    "text": check_text,
    "name": check_name,
    "number": check_number,
    "flag": check_flag,
    "choice": check_choice,
    "duration": check_duration,
    "slice": check_slice,
    "texts": check_texts,
    "words": check_words,
}
EXAMPLES = {
    "name": "refund-tasks",
    "service": "payments",
    "timeWindow": "[{duration: 30d, isRolling: true}]",
    "objectives": "[{target: 0.95}]",
    "duration": "30d",
    "lookbackWindow": "1h",
    "metricSource": "{type: Trimtab, spec: {indicator: task_success}}",
    "indicator": "task_success",
    "startTime": "2026-01-01 00:00:00",
    "timeZone": "Europe/Berlin",
    "severity": "page",
    "threshold": "6",
    "risk": "[medium, high]",
    "actions": "[notify]",
}
