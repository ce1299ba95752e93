"""The SDK inside the user's agent: sessions, steps, outcomes and facts, told to whoever listens. It never raises into the agent.

`tools/` puts an agent's tools under its contract: there an exception of ours, `Stopped`, is the contract's word.
"""

from trimtab.edge.sdk.chosen import pinned
from trimtab.edge.sdk.facts import About, about
from trimtab.edge.sdk.functions import traced
from trimtab.edge.sdk.lineage.context import carry
from trimtab.edge.sdk.sessions import Session, inject, session
from trimtab.edge.sdk.start import flush, init, shutdown
from trimtab.edge.sdk.steps import Step, step
from trimtab.edge.sdk.tools import framework
from trimtab.edge.sdk.tools.stopped import Stopped
from trimtab.edge.sdk.tools.tool import this_call, tool
from trimtab.edge.sdk.trial import Collected
from trimtab.edge.sdk.trial import trial as testing
from trimtab.edge.sdk.visits import Visit

__all__ = [
    "About",
    "Collected",
    "Session",
    "Step",
    "Stopped",
    "Visit",
    "about",
    "carry",
    "flush",
    "framework",
    "init",
    "inject",
    "pinned",
    "session",
    "shutdown",
    "step",
    "testing",
    "this_call",
    "tool",
    "traced",
]
