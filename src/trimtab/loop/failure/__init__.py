"""Why agents fail: a taxonomy, groups of like failures, and the step that went wrong first."""

from trimtab.loop.failure.attribution import (
    Rules,
    Said,
    Source,
    Verdict,
    Weight,
    blame,
    is_suspect,
    judge,
    rules,
    signs_of,
    turns_of,
)
from trimtab.loop.failure.cohorts import Cohort, differences
from trimtab.loop.failure.detail import open_group, sessions_in_group
from trimtab.loop.failure.fingerprint import FINGERPRINT_VERSION, sign_session, sign_step
from trimtab.loop.failure.groups import find_groups
from trimtab.loop.failure.mask import template_of
from trimtab.loop.failure.model import Author, Blamed, Group, Signature, Status, Suspect, Turn
from trimtab.loop.failure.taxonomy import Category, Taxonomy, read_taxonomy, taxonomy

__all__ = [
    "FINGERPRINT_VERSION",
    "Author",
    "Blamed",
    "Category",
    "Cohort",
    "Group",
    "Rules",
    "Said",
    "Signature",
    "Source",
    "Status",
    "Suspect",
    "Taxonomy",
    "Turn",
    "Verdict",
    "Weight",
    "blame",
    "differences",
    "find_groups",
    "is_suspect",
    "judge",
    "open_group",
    "read_taxonomy",
    "rules",
    "sessions_in_group",
    "sign_session",
    "sign_step",
    "signs_of",
    "taxonomy",
    "template_of",
    "turns_of",
]
