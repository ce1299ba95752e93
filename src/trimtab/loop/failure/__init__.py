"""Why agents fail: a taxonomy, groups of like failures, and the step that went wrong first."""

from trimtab.loop.failure.fingerprint import FINGERPRINT_VERSION, sign_session, sign_step
from trimtab.loop.failure.groups import find_groups
from trimtab.loop.failure.mask import template_of
from trimtab.loop.failure.model import Author, Blamed, Group, Signature, Status
from trimtab.loop.failure.taxonomy import Category, Taxonomy, read_taxonomy, taxonomy

__all__ = [
    "FINGERPRINT_VERSION",
    "Author",
    "Blamed",
    "Category",
    "Group",
    "Signature",
    "Status",
    "Taxonomy",
    "find_groups",
    "read_taxonomy",
    "sign_session",
    "sign_step",
    "taxonomy",
    "template_of",
]
