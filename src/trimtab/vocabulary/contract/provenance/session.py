"""What was said in one session, taken in as it comes and looked at only when somebody asks who said a value."""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from trimtab.vocabulary.contract.model import Tool, Vouch
from trimtab.vocabulary.contract.provenance.origins import Origin, Sayings

AS_GIVEN = (
    orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
)


class Provenance:
    """The values of one session by who said them. Safe in threads.

    To take a text apart costs ten times what keeping it does, and many sessions never ask; so what was said waits in its
    order. What the agent does to a value afterwards changes nothing: its JSON is kept.
    """

    def __init__(self) -> None:
        """Begin a session in which nothing was said."""
        self._sayings = Sayings()
        self._waiting: deque[tuple[str, str | bytes]] = (
            deque()
        )  # plain values: no work for the garbage collector
        self._tools: dict[str, Tool | None] = {}
        self._lock = threading.Lock()
        self.tainted = False
        """Whether anything that strangers can write was read."""
        self.sensitive = False
        """Whether anything was read that must not leave."""

    def hear(self, source: Literal["user", "system"], text: str) -> None:
        """Take in what the user said, or the prompt."""
        self._waiting.append((source, str(text)))

    def read(
        self, tool: Tool | None, value: object, *, name: str = "", args: Mapping[str, object] | None = None
    ) -> None:
        """Take in a tool's output; without a contract of the tool (`name` then names it) all of it is untrusted.

        `args` are what the tool was called with: where the user said every one of them, the user named this output.
        """
        self.tainted = self.tainted or not (tool and tool.output.trusted)
        self.sensitive = self.sensitive or (tool is not None and tool.output.sensitive)
        owner = tool.name if tool else name
        if self._tools.get(owner, tool) is not tool:
            self._ready()
        self._tools[owner] = tool
        try:
            kept = orjson.dumps([value, args], option=AS_GIVEN)
        except TypeError:  # no JSON: it cannot be kept as it is now, so it is taken apart now
            self._ready().read(tool, name, value, args)
        else:
            self._waiting.append((owner, kept))

    def origins(self, value: object) -> tuple[Origin, ...]:
        """Everybody who said a value; the model alone where nobody did."""
        return self._ready().origins(value)

    def accepts(self, value: object, vouches: Sequence[Vouch]) -> bool:
        """Whether every leaf of a value was said by one of these."""
        return self._ready().accepts(value, vouches)

    def vouches(self, vouch: Vouch, leaf: object) -> bool:
        """Whether one source said one value."""
        return self._ready().vouches(vouch, leaf)

    def _ready(self) -> Sayings:
        """Everything that was said, taken apart; what cannot be raises now and whenever somebody asks again."""
        if self._waiting:
            with self._lock:
                while self._waiting:
                    self._take(*self._waiting[0])
                    self._waiting.popleft()
        return self._sayings

    def _take(self, who: str, said: str | bytes) -> None:
        if isinstance(said, str):
            self._sayings.hear("user" if who == "user" else "system", said)
            return
        value: Any
        value, args = orjson.loads(said)
        self._sayings.read(self._tools[who], who, value, args)
