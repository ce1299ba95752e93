"""A tool that is made of a function."""

from collections.abc import Callable
from typing import Any

from crewai.tools import BaseTool

class Tool(BaseTool):
    func: Callable[..., Any]
