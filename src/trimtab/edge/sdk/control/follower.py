"""What an edge believes it must do now, and the contract under that."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from trimtab.edge.sdk.warn import warn_once
from trimtab.vocabulary.audit import Note, read_note
from trimtab.vocabulary.control import Document, choices, read_document, under
from trimtab.vocabulary.kernel import Invalid

if TYPE_CHECKING:
    from trimtab.edge.sdk.tools.bound import Bound

Trusted = Callable[[Note], bool]
Time = Callable[[], int]


class Follower:
    """Holds the newest document that is signed, about this agent, and no older than the one before; one thread's own."""

    def __init__(
        self, bound: "Bound", trusted: Trusted, whom: tuple[str, str], times: tuple[Time, Time]
    ) -> None:
        """Begin with the contract alone; `whom` is the agent and its environment, `times` the wall and the steady clock."""
        self._bound, self._contract, self._trusted = bound, bound.contract, trusted
        self._whom, (self._wall, self._steady) = whom, times
        self._document: Document | None = None
        self._taken_ns = 0
        self._confirmed = False

    def take(self, raw: str, *, confirmed: bool) -> bool:
        """Obey a document, unless it must not be believed, which is told once; `confirmed` by a server in this process."""
        try:
            document = self._believed(raw)
        except Invalid as error:
            warn_once(
                f"a control document is not obeyed: {error.message} ({error.hint})", f"control {error.code}"
            )
            return False
        held = self._document
        if held is None or document.version > held.version:
            self._document, self._taken_ns = document, self._steady()
        self._confirmed = self._confirmed or confirmed
        self.look()
        return True

    def look(self) -> None:
        """Let what is over by now be over."""
        document = self._document
        if document is None:
            return
        now_ns = self.now_ns()
        self._bound.chosen = choices(document, now_ns)
        found = under(self._contract, document, now_ns, confirmed=self._confirmed)
        if (found.overlays, document.version) != (self._bound.contract.overlays, self._bound.version):
            self._bound.obey(found, document.version)

    def now_ns(self) -> int:
        """The time: the wall clock's, but never less than the document's time of issue and what has passed steadily since.

        So a clock that is set back makes nothing last longer, and one that is set ahead ends early what widens.
        """
        if self._document is None:
            return self._wall()
        return max(self._wall(), self._document.issued_ns + self._steady() - self._taken_ns)

    def next_end_s(self, most_s: float) -> float:
        """How long until something that widens or is chosen ends, at most `most_s`."""
        orders = self._document.orders if self._document else ()
        now_ns = self.now_ns()
        ends = [one.until_ns for one in orders if one.direction != "narrow" and one.until_ns > now_ns]
        return min([most_s, *((one - now_ns) / 1e9 for one in ends)])

    def _believed(self, raw: str) -> Document:
        """The document of a note; raises `Invalid` where it must not be obeyed."""
        note = read_note(raw)
        if not self._trusted(note):
            raise Invalid(
                "its signature is not by the key that was given",
                hint="compare `trimtab control key`",
                code="signature",
            )
        document, held = read_document(note.text), self._document
        if (document.agent, document.environment) != self._whom:
            raise Invalid(
                f"it is about {document.agent} in {document.environment!r}",
                hint="ask for this agent's",
                code="whom",
            )
        if held is not None and document.project != held.project:
            raise Invalid(
                "it is of another project than before", hint="is the key of another project?", code="project"
            )
        if held is not None and document.version < held.version:
            raise Invalid(
                f"version {document.version} is older than {held.version}, which is obeyed",
                hint="the server's state may have been restored: give any directive",
                code="older",
            )
        if held is not None and document.version == held.version and document != held:
            raise Invalid(
                f"version {held.version} says something else than before",
                hint="two servers, one key?",
                code="forked",
            )
        return document
