"""The SDK inside the user's agent: sessions, steps, outcomes and facts, told to whoever listens. It never raises into the agent.

A tool contract or another runtime of the edge tells its steps by `step("tool", name)`, `Step.set` and `Step.error`.
"""

from trimtab.edge.sdk.facts import About, about
from trimtab.edge.sdk.functions import traced
from trimtab.edge.sdk.lineage.context import carry
from trimtab.edge.sdk.sessions import Session, inject, session
from trimtab.edge.sdk.start import flush, init, shutdown
from trimtab.edge.sdk.steps import Step, step
from trimtab.edge.sdk.trial import Collected
from trimtab.edge.sdk.trial import trial as testing

__all__ = [
    "About",
    "Collected",
    "Session",
    "Step",
    "about",
    "carry",
    "flush",
    "init",
    "inject",
    "session",
    "shutdown",
    "step",
    "testing",
    "traced",
]
