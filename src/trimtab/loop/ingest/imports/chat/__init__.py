"""Recorded calls of models: one request with its response a line.

apis.py     what a call says, in OpenAI's Chat Completions and Responses, and in Anthropic's Messages
threads.py  which calls belong to one session: a conversation that grows
read.py     the lines of a file as spans
"""

from trimtab.loop.ingest.imports.chat.read import chat

__all__ = ["chat"]
