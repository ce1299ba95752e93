"""Which alerts keep silent because a graver one fires.

An alert that matches both sides of a rule is not silenced by another of which the same is true, so none silences itself.
https://prometheus.io/docs/alerting/latest/configuration/#inhibition-related-settings
"""

from collections.abc import Iterable, Sequence

from trimtab.loop.alert.match import matches
from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.pipeline.fields import Node, fields, items, matchers, texts
from trimtab.loop.alert.pipeline.model import Inhibition


def inhibited(rules: Iterable[Inhibition], alert: Alert, firing: Sequence[Alert]) -> str:
    """The fingerprint of the alert that silences this one; empty where none does."""
    for rule in rules:
        if not matches(rule.target, alert.labels):
            continue
        both = matches(rule.source, alert.labels)
        for source in firing:
            if not matches(rule.source, source.labels) or source.project != alert.project:
                continue
            if any(source.labels.get(name, "") != alert.labels.get(name, "") for name in rule.equal):
                continue
            if both and matches(rule.target, source.labels):
                continue
            return source.fingerprint
    return ""


def read_inhibitions(node: Node | None) -> tuple[Inhibition, ...]:
    """The rules of a document; raises `Invalid`."""
    found: list[Inhibition] = []
    for one in items(node):
        given = fields(one, required=("source_matchers", "target_matchers"), optional=("equal",))
        found.append(
            Inhibition(
                source=matchers(given["source_matchers"]),
                target=matchers(given["target_matchers"]),
                equal=texts(given.get("equal")),
            )
        )
    return tuple(found)
