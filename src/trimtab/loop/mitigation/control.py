"""Giving and taking back directives, and the signed document of an agent."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from trimtab.loop.mitigation.ports import DirectiveStore, Standing, Undone
from trimtab.vocabulary.audit import Key, Signer
from trimtab.vocabulary.control import Directive, Document, Owner, compose, read_what
from trimtab.vocabulary.kernel import Clock, Conflict, Invalid, Missing, Refused

MOST_STANDING = 100
FRESH_NS = 200_000_000
"""So long what stands is not read again: all edges of a project ask for the same."""
MOST_NOTES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants, for so many seconds from `from_ns` on (None: from now)."""

    what: str
    owner: Owner
    who: str
    reason: str
    lasts_s: float
    agent: str = "*"
    environment: str = "*"
    from_ns: int | None = None


def an_id() -> str:
    """A new id that nobody can guess."""
    return secrets.token_hex(6)


class Control:
    """The directives of all projects; safe to share between threads. Without a signer there are no documents."""

    def __init__(
        self,
        store: DirectiveStore,
        clock: Clock,
        signer: Callable[[], Signer | None],
        new_id: Callable[[], str] = an_id,
    ) -> None:
        """Over a store; `signer` is asked for once somebody wants a document, and gives None where nobody can sign."""
        self.store, self._clock, self._signer, self._new_id = store, clock, signer, new_id
        self._read: dict[str, tuple[int, Standing]] = {}
        self._notes: OrderedDict[tuple[str, str, str, int], str] = OrderedDict()
        self._lock = threading.Lock()

    def direct(self, project: str, wish: Wish) -> Directive:
        """Give a directive; raises `Invalid`, or `Refused` where too many stand."""
        now_ns = self._clock.now_ns()
        start_ns = now_ns if wish.from_ns is None else wish.from_ns
        found = Directive(
            id=self._new_id(),
            owner=wish.owner,
            who=wish.who,
            reason=wish.reason.strip(),
            what=read_what(wish.what),
            from_ns=start_ns,
            until_ns=start_ns + int(wish.lasts_s * 1e9),
            made_ns=now_ns,
            agent=wish.agent,
            environment=wish.environment,
        )
        if found.until_ns <= now_ns:
            raise Invalid("this directive would be over already", hint="name a later end")
        standing = [one for one in self.store.directives(project, now_ns) if one.undone_ns is None]
        if len(standing) >= MOST_STANDING:
            raise Refused(f"{MOST_STANDING} directives stand already", hint="undo those that are not needed")
        self.store.add(project, found)
        self._forget(project)
        return found

    def undo(self, project: str, name: str, who: str, why: str) -> Directive:
        """Take a directive back, by its id or the beginning of it; raises `Missing`, `Conflict` where it is over."""
        now_ns = self._clock.now_ns()
        if not why.strip():
            raise Invalid("taking a directive back needs a reason", hint="say why")
        named = [one for one in self.store.directives(project, now_ns) if name and one.id.startswith(name)]
        going = [one for one in named if one.undone_ns is None]
        if named and not going:
            raise Conflict(f"directive {name} was taken back by {named[0].undone_by}", code="undone")
        if len(going) != 1:
            said = "more than one directive begins with" if going else "no directive that goes on has the id"
            raise Missing(f"{said} {name[:100]}", hint="`trimtab control show` lists them")
        found = self.store.undo(project, going[0].id, Undone(at_ns=now_ns, by=who, why=why.strip()))
        self._forget(project)
        return found or going[0]

    def document(self, project: str, agent: str, environment: str) -> Document:
        """What an agent must do now."""
        standing = self._standing(project)
        # For the time at which the version began, when all of them stood: a version says the same each time.
        orders = compose(standing.directives, agent, environment, standing.issued_ns)
        return Document(
            project=project,
            agent=agent,
            environment=environment,
            version=standing.version,
            issued_ns=standing.issued_ns,
            orders=orders,
        )

    def signed(self, project: str, agent: str, environment: str) -> str:
        """The document as a signed note; raises `Invalid` without a signer."""
        document = self.document(project, agent, environment)
        name = (project, agent, environment, document.version)
        with self._lock:
            found = self._notes.get(name)
            if found is None:
                found = self._notes[name] = str(document.note().signed(self.signer))
                while len(self._notes) > MOST_NOTES:
                    self._notes.popitem(last=False)
        return found

    @property
    def signer(self) -> Signer:
        """Who signs; raises `Invalid` where nobody can."""
        signer = self._signer()
        if signer is None:
            raise Invalid(
                "documents cannot be signed here: the package cryptography is not installed",
                hint="pip install 'trimtab[audit]' where the server runs",
                code="control_key",
            )
        return signer

    @property
    def key(self) -> Key:
        """The public key that edges check documents with."""
        return Key(name=self.signer.name, public=self.signer.public)

    def _standing(self, project: str) -> Standing:
        now_ns = self._clock.now_ns()
        at_ns, found = self._read.get(project, (0, None))
        if found is None or not 0 <= now_ns - at_ns < FRESH_NS:
            found = self.store.standing(project, now_ns)
            self._read[project] = (now_ns, found)
        return found

    def _forget(self, project: str) -> None:
        self._read.pop(project, None)
