"""The taxonomy of failures: AgentRx's ten categories, what maps onto them, and who is the author of each.

Kept as data (`taxonomy.json`); its version stands on every answer that is derived with it. Sources: AgentRx
(arXiv 2602.02475); MAST (arXiv 2503.13657), TRAIL (arXiv 2505.08638) and tau-bench's fault author and type are
mapped onto it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

import orjson

from trimtab.loop.failure.model import Author, Blamed
from trimtab.vocabulary.kernel import Invalid

AUTHORS: tuple[str, ...] = get_args(Author)
INCONCLUSIVE = "inconclusive"
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
Foreign = Literal["mast", "trail", "tau_bench"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One category: its stable code, its name, whose fault it is unless more is known, and what it means."""

    code: str
    name: str
    author: Author | None
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """Categories by code, and four ways into them.

    `errors`: (error class, kind of step; "" for any) of a step that failed. `signs`: what a session shows that
    failed without an error. `foreign`: (taxonomy, its code). `reading`: verbs of tools that change nothing.
    """

    version: int
    categories: Mapping[str, Category]
    errors: Mapping[tuple[str, str], Blamed]
    signs: Mapping[str, Blamed]
    foreign: Mapping[tuple[str, str], Blamed]
    reading: frozenset[str]

    def only_reads(self, tool: str) -> bool:
        """Whether the first word of a tool's name is a verb of reading: a guess, for want of a contract."""
        words = WORDS.findall(tool)
        return bool(words) and words[0].lower() in self.reading

    def of_error(self, error_class: str, kind: str) -> Blamed:
        """The category of a step that failed; inconclusive where no row knows it."""
        found = self.errors.get((error_class, kind)) or self.errors.get((error_class, ""))
        return found or Blamed(category=INCONCLUSIVE, author=None)

    def of_sign(self, sign: str) -> Blamed:
        """The category of a session that failed without an error; inconclusive where no row knows it."""
        return self.signs.get(sign) or Blamed(category=INCONCLUSIVE, author=None)

    def translate(self, taxonomy: Foreign, code: str) -> Blamed:
        """The category that a code of another taxonomy stands for; raises `Invalid` for an unknown one."""
        try:
            return self.foreign[taxonomy, code]
        except KeyError:
            known = ", ".join(sorted(code for name, code in self.foreign if name == taxonomy))
            raise Invalid(f"{taxonomy} has no code {code!r}", hint=f"one of {known}") from None


@lru_cache(maxsize=1)
def taxonomy() -> Taxonomy:
    """The taxonomy that ships."""
    return read_taxonomy(files("trimtab.loop.failure").joinpath("taxonomy.json").read_bytes())


def read_taxonomy(raw: bytes) -> Taxonomy:
    """A taxonomy from JSON; raises `Invalid` that names the row which does not hold."""
    try:
        return taxonomy_of(orjson.loads(raw))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        found = f"not a taxonomy: {type(error).__name__} {error}"
        raise Invalid(found, hint="see taxonomy.json of the package", code="taxonomy") from error


def taxonomy_of(document: dict[str, Any]) -> Taxonomy:
    """A taxonomy from its document."""
    version = document["version"]
    if not isinstance(version, int) or version < 1:
        raise Invalid(f"version {version!r} is not a whole number from 1 on", code="taxonomy")
    rows = [Category(**row | {"author": author_of(row)}) for row in document["categories"]]
    categories = {row.code: row for row in rows}
    if len(categories) != len(rows) or INCONCLUSIVE not in categories:
        raise Invalid("codes of categories are not unique, or none is inconclusive", code="taxonomy")

    def blamed(row: dict[str, Any]) -> Blamed:
        category = row["category"]
        if category not in categories:
            raise Invalid(f"unknown category {category!r} in {row}", code="taxonomy")
        author = author_of(row) if "author" in row else categories[category].author
        return Blamed(category=category, author=author)

    return Taxonomy(
        version=version,
        categories=categories,
        reading=frozenset(document["reading"]),
        errors={
            (row["class"], kind): blamed(row) for row in document["errors"] for kind in row["kinds"] or [""]
        },
        signs={row["sign"]: blamed(row) for row in document["signs"]},
        foreign={
            (name, code): blamed(row)
            for name, other in document["taxonomies"].items()
            for code, row in other["codes"].items()
        },
    )


def author_of(row: dict[str, Any]) -> Author | None:
    """The author that a row names; None is not known."""
    author = row["author"]
    if author is not None and author not in AUTHORS:
        raise Invalid(f"unknown author {author!r} in {row}", hint=", ".join(AUTHORS), code="taxonomy")
    return cast("Author | None", author)
