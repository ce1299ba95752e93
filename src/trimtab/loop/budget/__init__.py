"""Promises: objectives about an agent's tasks, and the error budgets that they leave."""

from trimtab.loop.budget.model import Measure, Method, Minutes, Objective, Span, Window

__all__ = ["Measure", "Method", "Minutes", "Objective", "Span", "Window"]
