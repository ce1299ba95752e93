"""Why agents fail: a taxonomy, groups of like failures, and the step that went wrong first."""

from trimtab.loop.failure.model import Author, Blamed, Signature, Status
from trimtab.loop.failure.taxonomy import Category, Taxonomy, read_taxonomy, taxonomy

__all__ = ["Author", "Blamed", "Category", "Signature", "Status", "Taxonomy", "read_taxonomy", "taxonomy"]
