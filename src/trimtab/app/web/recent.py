"""What pages asked a moment ago: an answer that takes long is shown again, with its age, while it is counted anew.

Nobody who looks waits for what somebody has just looked at. A page says so where it shows such an answer; what is urgent (alerts,
incidents, budgets) is never kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.vocabulary.kernel import Clock

Json = dict[str, Any]
DEAR_S = 0.1
"""What is answered sooner than that is asked anew each time."""
OLD_S = 900.0
"""Older than that nothing is shown: who looks after a while waits once."""
REST = 30
"""After counting anew all rest for so many times what it took: whoever looks meanwhile has the machine for himself."""
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered, when (by the server's clock), and how long that took."""

    said: Json
    at_ns: int
    took_s: float


@dataclass(slots=True)
class Question:
    """One question with its latest answer; whoever holds `asking` is counting."""

    asking: threading.Lock
    answer: Answer | None = None


def at_ns_of(question: Question) -> int:
    """When what is kept of a question was counted, 0 where nothing is."""
    return question.answer.at_ns if question.answer else 0


class Recent:
    """The latest dear answers of one server, the least recently shown forgotten first."""

    def __init__(self, clock: Clock, dear_s: float = DEAR_S) -> None:
        """Tell times by a clock; `dear_s` of infinity keeps nothing."""
        self._clock, self._dear_s = clock, dear_s
        self._lock, self._renewing = threading.Lock(), threading.Lock()
        self._rested_ns = 0
        self._questions: OrderedDict[Hashable, Question] = OrderedDict()

    def ask(self, key: Hashable, count: Callable[[], Json]) -> Answer:
        """The answer to a question: the kept one where it is not too old, else what `count` says now."""
        question = self._question(key)
        kept = question.answer
        if kept is not None and self.age_s(kept) < OLD_S:
            return kept
        with question.asking:
            kept = question.answer
            if kept is not None and self.age_s(kept) < OLD_S:
                return kept
            return self._count(question, count)

    def renew(self, questions: Mapping[Any, Callable[[], Json]]) -> None:
        """Count the oldest of some kept answers anew, where it is time to, and nobody does so already."""
        if not self._renewing.acquire(blocking=False):
            return
        try:
            kept = {key: found for key in questions if (found := self._question(key)).answer}
            if self._clock.now_ns() >= self._rested_ns and kept:
                oldest = min(kept, key=lambda key: at_ns_of(kept[key]))
                self._renew(kept[oldest], questions[oldest])
        finally:
            self._renewing.release()

    def _renew(self, question: Question, count: Callable[[], Json]) -> None:
        began_ns = self._clock.now_ns()
        with question.asking:
            self._count(question, count)
        ended_ns = self._clock.now_ns()
        self._rested_ns = ended_ns + REST * (ended_ns - began_ns)

    def age_s(self, answer: Answer) -> float:
        """How old an answer is."""
        return (self._clock.now_ns() - answer.at_ns) / 1e9

    def _question(self, key: Hashable) -> Question:
        with self._lock:
            found = self._questions.setdefault(key, Question(threading.Lock()))
            self._questions.move_to_end(key)
            while len(self._questions) > MOST:
                self._questions.popitem(last=False)
            return found

    def _count(self, question: Question, count: Callable[[], Json]) -> Answer:
        at_ns = self._clock.now_ns()
        said = count()
        answer = Answer(said=said, at_ns=at_ns, took_s=(self._clock.now_ns() - at_ns) / 1e9)
        question.answer = answer if answer.took_s >= self._dear_s else None
        return answer
