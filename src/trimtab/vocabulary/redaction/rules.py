"""The rules, read from `rules.json`: adding one is adding data."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, cast

import re2

_MEMORY_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that must hit, and the part of it that must be gone afterwards."""

    text: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing to redact: the first group of `pattern` that took part, or all of the match if it has none.

    `prefilter` hits every raw body that `pattern` hits; it has no anchors, because a length byte may be a word character.
    """

    id: str
    kind: Literal["secret", "personal"]
    description: str
    pattern: str
    prefilter: str
    validator: str | None
    positive: tuple[Example, ...]
    negative: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """All rules, and the patterns of key names whose value is a secret whatever it looks like."""

    rules: tuple[Rule, ...]
    key_names: str
    whole_key: str


@lru_cache(maxsize=1)
def rule_book() -> RuleBook:
    """Read the rules that ship with Trimtab."""
    text = files("trimtab.vocabulary.redaction").joinpath("rules.json").read_text("utf-8")
    data = cast("dict[str, Any]", json.loads(text))
    keys = cast("dict[str, list[str]]", data["sensitive_keys"])
    suffix = "|".join(_spelled(words) for words in keys["suffix"])
    exact = "|".join(_spelled(words) for words in keys["exact"])
    names = f"(?:{suffix}|\\b(?:{exact}))"
    return RuleBook(
        rules=tuple(_rule(item, names) for item in data["rules"]),
        key_names=names,
        whole_key=f"(?i)(?:{suffix}|\\A(?:{exact}))\\z",
    )


def _spelled(words: str) -> str:
    # api_key, api-key, api.key, api key and apiKey are one name.
    return "[-_. ]?".join(words.split())


def _rule(item: dict[str, Any], names: str) -> Rule:
    pattern = item["pattern"].replace("{keys}", names)
    prefilter = item.get("prefilter", pattern).replace("{keys}", names)
    return Rule(
        id=item["id"],
        kind=item["kind"],
        description=item["description"],
        pattern=pattern,
        prefilter=unanchored(prefilter),
        validator=item.get("validator"),
        positive=tuple(Example(**example) for example in item["positive"]),
        negative=tuple(item["negative"]),
    )


def unanchored(pattern: str) -> str:
    r"""Return the pattern without `\b`: what it hits is a superset."""
    return pattern.replace("\\b", "")


def compiled(pattern: str, *, captures: bool = True) -> re2._Regexp:  # pyright: ignore[reportPrivateUsage]
    """Compile for bytes: one mode for UTF-8 and for bytes that are not text."""
    return re2.compile(pattern.encode(), _options(captures=captures))


def compiled_set(patterns: Sequence[str]) -> re2.Set:
    """Compile many patterns so that one pass names those that hit."""
    found = re2.Set.SearchSet(_options(captures=False))
    for pattern in patterns:
        found.Add(pattern.encode())
    found.Compile()
    return found


def _options(*, captures: bool) -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = not captures
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    return options
