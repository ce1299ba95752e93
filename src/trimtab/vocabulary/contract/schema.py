"""A JSON Schema (2020-12) that is compiled once: no network, no references outside itself, patterns in linear time."""

from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from trimtab.vocabulary.kernel import Invalid

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Document = dict[str, Any] | bool
MAX_SHOWN = 5
MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that a value does not keep to, at a path within it."""

    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A schema as a document, ready to check values."""

    document: Document
    validator: jsonschema_rs.Validator = field(compare=False, repr=False)

    def fits(self, value: object) -> bool:
        """Whether a value keeps to it."""
        return self.validator.is_valid(value)

    def violations(self, value: object) -> list[Violation]:
        """What a value does not keep to, the first five."""
        found: list[Violation] = []
        for error in self.validator.iter_errors(value):
            path = tuple(error.instance_path)
            found.append(Violation(path=path, message=error.message[:MAX_CHARACTERS]))
            if len(found) == MAX_SHOWN:
                break
        return found


def compile_schema(document: Document) -> Schema:
    """A schema ready to use; raises `Invalid` where it is none, or reaches outside itself."""
    if isinstance(document, dict) and document.get("$schema", DIALECT) not in (DIALECT, DIALECT + "#"):
        raise Invalid(f"the dialect {document['$schema']} is not read", hint=f"$schema: {DIALECT}")
    try:
        validator = jsonschema_rs.Draft202012Validator(
            document,
            pattern_options=jsonschema_rs.RegexOptions(),
            validate_formats=True,
            offline=True,
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        said = str(error).splitlines()[0][:MAX_CHARACTERS]
        raise Invalid(f"no JSON Schema: {said}", hint="a JSON Schema of 2020-12") from error
    return Schema(document=document, validator=validator)
