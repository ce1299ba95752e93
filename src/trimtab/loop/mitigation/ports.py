"""What mitigation needs of an engine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from trimtab.vocabulary.control import Directive


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """That a directive was taken back: when (nanoseconds since 1970), by whom, why."""

    at_ns: int
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The directives of a project that stand, and the version of just this set; `issued_ns` is when it began."""

    version: int
    issued_ns: int
    directives: tuple[Directive, ...]


class DirectiveStore(Protocol):
    """Directives by project. They are added and taken back, never edited."""

    def add(self, project: str, directive: Directive) -> None:
        """Keep a directive; raises `Conflict` where its id is taken."""
        ...

    def undo(self, project: str, directive_id: str, undone: Undone) -> Directive | None:
        """Take a directive back; who was first stays. Gives it as it is now, None where there is none."""
        ...

    def directives(self, project: str, until_after_ns: int = 0, limit: int = 1000) -> Sequence[Directive]:
        """Directives that end after a time, the latest first."""
        ...

    def standing(self, project: str, now_ns: int) -> Standing:
        """What stands now; a set that differs from that of before gets a new version, which only grows."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


def set_of(directives: Iterable[Directive]) -> str:
    """The digest of a set of directives that stand: they never change, so their ids will do."""
    return sha256("\n".join(sorted(one.id for one in directives)).encode()).hexdigest()


def next_version(before: int, now_ns: int) -> int:
    """The version that follows: also after a backup was restored larger than any that was given out."""
    return max(before + 1, now_ns // 1_000_000)
