"""The fake of the store: in memory, for one process."""

import threading
from dataclasses import replace

from trimtab.loop.mitigation.ports import Standing, Undone, next_version, set_of
from trimtab.vocabulary.control import Directive
from trimtab.vocabulary.kernel import Conflict


class MemoryDirectiveStore:
    """Directives in memory."""

    def __init__(self) -> None:
        """Begin empty."""
        self._held: dict[tuple[str, str], Directive] = {}
        self._versions: dict[str, tuple[int, str, int]] = {}
        self._lock = threading.Lock()

    def add(self, project: str, directive: Directive) -> None:
        """Keep a directive; raises `Conflict` where its id is taken."""
        with self._lock:
            if (project, directive.id) in self._held:
                raise Conflict(f"the directive {directive.id} is there already", hint="leave the id away")
            self._held[project, directive.id] = directive

    def undo(self, project: str, directive_id: str, undone: Undone) -> Directive | None:
        """Take a directive back; who was first stays."""
        with self._lock:
            found = self._held.get((project, directive_id))
            if found is not None and found.undone_ns is None:
                found = replace(found, undone_ns=undone.at_ns, undone_by=undone.by, undone_why=undone.why)
                self._held[project, directive_id] = found
            return found

    def directives(self, project: str, until_after_ns: int = 0, limit: int = 1000) -> list[Directive]:
        """Directives that end after a time, the latest first."""
        with self._lock:
            found = [
                one
                for (whose, _), one in self._held.items()
                if whose == project and one.until_ns > until_after_ns
            ]
        return sorted(found, key=lambda one: (-one.made_ns, one.id))[:limit]

    def standing(self, project: str, now_ns: int) -> Standing:
        """What stands now, and its version."""
        found = tuple(one for one in self.directives(project, now_ns) if one.stands(now_ns))
        with self._lock:
            version, digest, issued_ns = self._versions.get(project, (0, "", 0))
            if digest != (now := set_of(found)):
                version, issued_ns = next_version(version, now_ns), now_ns
                self._versions[project] = (version, now, issued_ns)
        return Standing(version=version, issued_ns=issued_ns, directives=found)

    def close(self) -> None:
        """Nothing to give back."""
