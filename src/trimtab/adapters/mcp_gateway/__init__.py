"""A gateway of MCP: many servers behind one door, their tools under a contract.

upstream.py    a server behind it, kept up; connection.py one connection to it; lines.py what a command writes
behind.py      all of them, and what they offer
results.py     results as a contract sees them, and back; calling.py one call
elicit.py      a person's yes, asked for at the client
door.py        the server that clients see; stdio.py and http.py bring them in
"""

from trimtab.adapters.mcp_gateway.behind import Behind
from trimtab.adapters.mcp_gateway.calling import Caller
from trimtab.adapters.mcp_gateway.door import Door
from trimtab.adapters.mcp_gateway.elicit import ask_client
from trimtab.adapters.mcp_gateway.http import serve_http
from trimtab.adapters.mcp_gateway.stdio import serve_stdio

__all__ = ["Behind", "Caller", "Door", "ask_client", "serve_http", "serve_stdio"]
