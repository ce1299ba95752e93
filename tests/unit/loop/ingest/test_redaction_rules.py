"""Each rule hits what its data says, and nothing its data says it must not."""

import pytest

from trimtab.loop.ingest.redaction import RedactionPolicy, Redactor, Rule, rule_book
from trimtab.vocabulary.redaction.rules import Example, compiled
from trimtab.vocabulary.redaction.validators import VALIDATORS

RULES = rule_book().rules
POSITIVES = [
    pytest.param(rule, e, id=f"{rule.id}-{n}") for rule in RULES for n, e in enumerate(rule.positive)
]
NEGATIVES = [
    pytest.param(rule, text, id=f"{rule.id}-{n}") for rule in RULES for n, text in enumerate(rule.negative)
]
REDACTOR = Redactor(RedactionPolicy(disabled_rules=frozenset()))


def only(rule: Rule) -> Redactor:
    """Return a redactor with one rule on."""
    return Redactor(
        RedactionPolicy(disabled_rules=frozenset(r.id for r in RULES) - {rule.id} | {"sensitive_key"})
    )


def test_ids_are_unique_and_validators_exist() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.validator for rule in RULES} - {None} <= VALIDATORS.keys()


def test_every_rule_has_examples_of_both_kinds() -> None:
    assert [rule.id for rule in RULES if not rule.positive or not rule.negative] == []


@pytest.mark.parametrize(("rule", "example"), POSITIVES)
def test_positive(rule: Rule, example: Example) -> None:
    for redactor in (only(rule), REDACTOR):
        text, hits = redactor.redact_text(f"before {example.text} after")
        assert example.secret not in text
        assert hits.total() >= 1
    assert only(rule).redact_text(example.text)[1][rule.id] == 1


@pytest.mark.parametrize(("rule", "text"), NEGATIVES)
def test_negative(rule: Rule, text: str) -> None:
    assert only(rule).redact_text(text) == (text, {})


@pytest.mark.parametrize(("rule", "example"), POSITIVES)
def test_prefilter_hits_between_word_characters(rule: Rule, example: Example) -> None:
    for glue in (b"A", b"7", b"_", b"\x00", b"\xff"):
        assert compiled(rule.prefilter).search(glue + example.text.encode() + glue) is not None


def test_no_prefilter_has_an_anchor() -> None:
    assert [rule.id for rule in RULES if "\\b" in rule.prefilter or "\\z" in rule.prefilter] == []


@pytest.mark.parametrize(("rule", "example"), POSITIVES)
def test_redacting_twice_changes_nothing(rule: Rule, example: Example) -> None:
    once, _ = REDACTOR.redact_text(example.text)
    assert REDACTOR.redact_text(once) == (once, {})
