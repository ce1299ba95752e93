"""Service-level indicators of agents: good, bad, excluded and unknown events, never averages of ratios."""

from trimtab.loop.sli.indicators import report

__all__ = ["report"]
