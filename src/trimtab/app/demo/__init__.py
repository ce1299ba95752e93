"""The demonstration: a shop's support agent that works well, until a tool fails and a prompt promises too much."""

from trimtab.app.demo.agent import TENANT
from trimtab.app.demo.stage import Stage, Standing
from trimtab.app.demo.story import PROJECT, SEED, SESSIONS, STORY, Count, Phase, play, promises

__all__ = [
    "PROJECT",
    "SEED",
    "SESSIONS",
    "STORY",
    "TENANT",
    "Count",
    "Phase",
    "Stage",
    "Standing",
    "play",
    "promises",
]
