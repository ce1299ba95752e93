"""Which alerts are meant: conditions on labels as Alertmanager writes them; a missing label equals an empty one.

https://prometheus.io/docs/alerting/latest/configuration/#matcher
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

import orjson
import re2

from trimtab.vocabulary.kernel import Invalid

Op = Literal["=", "!=", "=~", "!~"]
WRITTEN = re.compile(r"\s*([A-Za-z_][\w.\-/]*)\s*(=~|!~|!=|=)\s*(?![=~])(.*?)\s*", re.DOTALL)
MAX_PATTERN = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One condition on one label; the pattern of `=~` and `!~` must match the whole value."""

    label: str
    op: Op
    value: str

    def __str__(self) -> str:
        """As it is written in a document."""
        return f"{self.label}{self.op}{orjson.dumps(self.value).decode()}"


@lru_cache(maxsize=1000)
def compiled(pattern: str) -> re2._Regexp:  # pyright: ignore[reportPrivateUsage]
    """A pattern, compiled once: in RE2, as in Alertmanager, so that no silence can stop the evaluation of alerts."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern.encode(), options)


def holds(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    """Whether labels fulfil a condition."""
    value = labels.get(matcher.label, "")
    if matcher.op in {"=", "!="}:
        return (value == matcher.value) is (matcher.op == "=")
    found = compiled(matcher.value).fullmatch(value.encode("utf-8", "replace"))
    return (found is not None) is (matcher.op == "=~")


def matches(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether labels fulfil all conditions; without any they do."""
    return all(holds(one, labels) for one in matchers)


def read_matcher(written: str) -> Matcher:
    """A condition as it is written, such as `severity="page"` or `team=~a|b`; raises `Invalid`."""
    found = WRITTEN.fullmatch(written)
    if found is None:
        raise Invalid(f"no condition: {written!r}", hint='for example severity="page" or team=~"a|b"')
    label, op, value = found.groups()
    if value.startswith('"'):
        try:
            value = str(orjson.loads(value))
        except orjson.JSONDecodeError as error:
            raise Invalid(
                f"the quotes of {written!r} do not close", hint='for example severity="page"'
            ) from error
    if op in {"=~", "!~"}:
        check_pattern(value)
    return Matcher(label=label, op=cast("Op", op), value=value)


def check_pattern(pattern: str) -> None:
    """Raise `Invalid` for what is no regular expression."""
    if len(pattern) > MAX_PATTERN:
        raise Invalid(f"a pattern of {len(pattern)} characters", hint=f"at most {MAX_PATTERN}")
    try:
        compiled(pattern)
    except re2.error as error:
        raise Invalid(f"no regular expression of RE2: {pattern!r}", hint="for example a|b") from error
