"""Redaction of one text, seeing through JSON in JSON, and of JSON-like values."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import orjson
import re2

from trimtab.vocabulary.redaction.marks import is_mark, mark
from trimtab.vocabulary.redaction.policy import Mode, RedactionPolicy
from trimtab.vocabulary.redaction.rules import Rule, compiled, compiled_set, rule_book
from trimtab.vocabulary.redaction.shadow import escape_length, shadow
from trimtab.vocabulary.redaction.validators import VALIDATORS

SENSITIVE_KEY: Final = "sensitive_key"
ATTRIBUTE: Final = "attribute"
TOO_DEEP: Final = "too_deep"
IDENTITY: Final = "identity"
_SCHEMA_TYPES = frozenset({"string", "number", "integer", "object", "array", "boolean", "null"})
_MAX_DEPTH = 64
_SMALLEST_NUMBER = 10**11  # A shorter number is no card.
_LOOK_AGAIN_BYTES = 64
_ESCAPES = r"\\u00[0-7]|\\/"
_CARD_VARINT = (
    r"(?:\x18|\x98\x80{0,3}\x00)"
    r"(?:[\x80-\xff]{6,7}(?:[\x01-\x7f]|[\x80-\xff]?\x80?\x00)|[\x80-\xff]{9}[\x00-\x7f])"
)
"""An `int_value` of fifteen or sixteen digits on the wire, also where tag or number is longer than it need be.

Times do not hit: in ms they take six bytes, in ns nine. https://protobuf.dev/programming-guides/encoding/#varints
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A rule with its pattern compiled."""

    id: str
    regexp: re2._Regexp  # pyright: ignore[reportPrivateUsage]
    validator: Callable[[str], int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What happens to everything under a key: the rule that says so, and how."""

    rule: str
    mode: Mode


class TextRedactor:
    """The rules of one policy, compiled; safe to share between threads."""

    def __init__(self, policy: RedactionPolicy) -> None:
        """Compile the rules that the policy leaves on; some milliseconds."""
        book = rule_book()
        rules = [rule for rule in book.rules if rule.id not in policy.disabled_rules]
        self._policy = policy
        self._attributes = policy.attribute_modes()
        self._rules = tuple(_ready(rule) for rule in rules)
        structure = rf'(?i){book.key_names}(?:\\*["\x27])\s*:'
        self._keys_on = SENSITIVE_KEY not in policy.disabled_rules
        self._whole_key = compiled(book.whole_key)
        self._structure_index = len(rules)
        patterns = [*(rule.pattern for rule in rules), structure]
        self._set = compiled_set(patterns)
        names = "|".join(_quoted(name) for name in self._attributes)
        raw = [
            *(rule.prefilter for rule in rules),
            f"(?i)(?:{names})",
            f"(?i){book.key_names}".replace("\\b", ""),
            _ESCAPES,
            _CARD_VARINT,
        ]
        self._raw = compiled("|".join(f"(?:{pattern})" for pattern in raw), captures=False)

    def may_hit(self, body: bytes) -> bool:
        """Whether a serialised body can hold anything to redact; False is certain."""
        return self._raw.search(body) is not None

    def suspects(self, texts: list[str]) -> list[int]:
        """The indexes of the texts that the quick look hits: one pass over all, joined so that no rule can cross."""
        joined = "\0".join(texts)
        if joined.count("\0") != len(texts) - 1:
            joined = "\0".join([text.replace("\0", "\1") for text in texts])
        data = joined.encode("utf-8", "surrogatepass")
        found: list[int] = []
        position = index = counted = 0
        while (match := self._raw.search(data, position)) is not None:
            start = match.start()
            index += data.count(0, counted, start)
            counted = start
            found.append(index)
            position = data.find(0, start)
            if position < 0:
                break
        return found

    def whole(self, key: str) -> Whole | None:
        """What the name of a key alone asks for."""
        mode = self._attributes.get(key.lower())
        if mode is not None:
            return Whole(rule=ATTRIBUTE, mode=mode)
        if self._keys_on and self._whole_key.search(key.encode("utf-8", "surrogatepass")) is not None:
            return Whole(rule=SENSITIVE_KEY, mode=self._policy.mode)
        return None

    def replace(self, text: str, whole: Whole, hits: Counter[str]) -> str:
        """Return what stands in place of all of `text`."""
        if not text or is_mark(text):
            return text
        hits[whole.rule] += 1
        return mark(whole.rule, text, whole.mode, self._policy)

    def identity(self, key: str, text: str, hits: Counter[str]) -> str:
        """Redact what names a session, user or tenant: a keyed hash of all of it where any rule hits.

        A mask would make one of many: sessions would run together and affected users be miscounted.
        """
        found: Counter[str] = Counter()
        redacted = self.text(text, found)
        if redacted == text or self.whole(key) is not None:
            return text
        hits.update(found)
        if self._policy.mode in {"hash", "tokenise"} or not self._policy.key:
            return redacted
        return mark(IDENTITY, text, "hash", self._policy)

    def text(self, text: str, hits: Counter[str], depth: int = 0) -> str:
        """Redact one text at every level of escaping; the very same object when nothing hits."""
        data = text.encode("utf-8", "surrogatepass")
        ids = self._set.Match(data) or []
        found: Counter[str] = Counter()
        plain = text
        if ids:
            structural = self._keys_on and self._structure_index in ids
            redacted, bare_number = self._apply(data, ids, found)
            if (structural or bare_number) and (tree := self._as_json(text, hits, depth)) is not None:
                return tree
            if found:
                plain = redacted.decode("utf-8", "surrogatepass")
        if "\\" in plain:
            plain = self._unescaped(plain, found, depth)
        hits.update(found)
        return plain

    def _unescaped(self, text: str, hits: Counter[str], depth: int) -> str:
        bare = shadow(text).encode("utf-8", "surrogatepass")
        ids = self._set.Match(bare)
        if not ids:
            return text
        tree = self._as_json(text, hits, depth)
        if tree is not None:
            return tree
        found: Counter[str] = Counter()
        redacted, _ = self._apply(bare, ids, found)
        hits.update(found)
        return redacted.decode("utf-8", "surrogatepass") if found else text

    def _as_json(self, text: str, hits: Counter[str], depth: int) -> str | None:
        if depth > _MAX_DEPTH or text.lstrip()[:1] not in ("{", "[", '"'):
            return None
        try:
            value = cast(object, orjson.loads(text))
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            return None
        found: Counter[str] = Counter()
        cleaned = self.value(value, found, depth + 1)
        hits.update(found)
        # Written anew even with no hit when a rule hit the shadow: a key given twice hides its first value from the parser.
        return orjson.dumps(cleaned).decode() if found or _repeats(text) else text

    def value(self, value: object, hits: Counter[str], depth: int = 0, whole: Whole | None = None) -> object:
        """Redact a JSON-like value; the very same object when nothing hits. What is nested over 64 deep is removed unread."""
        if isinstance(value, str):
            return self.text(value, hits, depth) if whole is None else self.replace(value, whole, hits)
        if isinstance(value, int | float):
            return value if isinstance(value, bool) else self._number(value, hits, whole)
        if not isinstance(value, dict | list | tuple):
            return value
        if depth > _MAX_DEPTH:
            hits[TOO_DEEP] += 1
            return f"[redacted:{TOO_DEEP}]"
        if isinstance(value, dict):
            return self._mapping(cast("dict[object, object]", value), hits, depth, whole)
        items = cast("list[object]", value)
        cleaned = [self.value(item, hits, depth + 1, whole) for item in items]
        return cleaned if any(new is not old for new, old in zip(cleaned, items, strict=True)) else items

    def _number(self, value: float, hits: Counter[str], whole: Whole | None) -> object:
        if whole is not None:
            return self.replace(str(value), whole, hits)
        if isinstance(value, float) or value < _SMALLEST_NUMBER:
            return value
        plain = str(value)
        cleaned = self.text(plain, hits)
        return value if cleaned == plain else cleaned

    def _mapping(
        self, value: dict[object, object], hits: Counter[str], depth: int, whole: Whole | None
    ) -> object:
        cleaned: dict[object, object] = {}
        changed = False
        for key, item in value.items():
            new_key = self.text(key, hits, depth) if isinstance(key, str) else key
            asked = whole or (self.whole(key) if isinstance(key, str) else None)
            if asked is not whole and _is_schema(item):
                asked = whole
            new_item = self.value(item, hits, depth + 1, asked)
            changed = changed or new_key is not key or new_item is not item
            while new_key in cleaned:
                new_key = f"{new_key}#"
            cleaned[new_key] = new_item
        return cleaned if changed else value

    def _apply(self, data: bytes, ids: list[int], hits: Counter[str]) -> tuple[bytes, bool]:
        bare_number = False
        for index in sorted(ids):
            if index < self._structure_index:
                data, digits = self._apply_rule(self._rules[index], data, hits)
                bare_number = bare_number or digits
        return data, bare_number

    def _apply_rule(self, rule: _Ready, data: bytes, hits: Counter[str]) -> tuple[bytes, bool]:
        pieces: list[bytes] = []
        kept = position = 0
        bare_number = False
        while (match := rule.regexp.search(data, position)) is not None:
            start, end = next(
                s
                for g in range(bool(rule.regexp.groups), rule.regexp.groups + 1)
                if (s := match.span(g))[0] >= 0
            )
            start += escape_length(data, start)
            secret = data[start:end].decode("utf-8", "replace")
            length = 0 if is_mark(secret) else rule.validator(secret) if rule.validator else len(secret)
            if not length:
                # Looking again inside a long rejected match would make a hostile text cost its length squared.
                position = (
                    match.start() + 1 if match.end() - match.start() <= _LOOK_AGAIN_BYTES else match.end()
                )
                continue
            if length < len(secret):
                end = start + len(secret[:length].encode())
            pieces += (
                data[kept:start],
                mark(rule.id, secret[:length], self._policy.mode, self._policy).encode(),
            )
            hits[rule.id] += 1
            bare_number = bare_number or secret.isdigit()
            kept = position = end
        return b"".join([*pieces, data[kept:]]) if pieces else data, bare_number


def _ready(rule: Rule) -> _Ready:
    validator = VALIDATORS[rule.validator] if rule.validator else None
    return _Ready(id=rule.id, regexp=compiled(rule.pattern), validator=validator)


def _quoted(name: str) -> str:
    return "".join(char if char.isalnum() else f"\\x{ord(char):02x}" for char in name)


def _is_schema(value: object) -> bool:
    # A tool's JSON schema names secrets without holding any.
    return isinstance(value, dict) and cast(dict[object, object], value).get("type") in _SCHEMA_TYPES


def _repeats(text: str) -> bool:
    repeated = False

    def pairs(items: list[tuple[str, object]]) -> object:
        nonlocal repeated
        names = [name for name, _ in items]
        repeated = repeated or len(set(names)) != len(names)
        return None

    try:
        json.loads(text, object_pairs_hook=pairs)
    except RecursionError:
        return True
    return repeated
