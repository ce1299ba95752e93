"""Whether a text speaks to whoever reads it, as data should not: a label with its reasons, never a verdict.

model.py   signs, and what they add up to
words.py   the words of the language that signs are made of
signs.py   the signs of one sentence, and of a text as a whole
look.py    a text, or a tool's output, with all that it hides
"""

from trimtab.vocabulary.contract.injection.look import look_at, look_into
from trimtab.vocabulary.contract.injection.model import CLEAR, SUSPECTED_FROM, Sign, Suspicion

__all__ = ["CLEAR", "SUSPECTED_FROM", "Sign", "Suspicion", "look_at", "look_into"]
