"""Messages of LlamaIndex."""

from enum import Enum
from typing import Any

class MessageRole(str, Enum): ...

class TextBlock:
    text: str
    def __init__(self, *, text: str) -> None: ...

class ChatMessage:
    role: MessageRole
    blocks: list[Any]
    @property
    def content(self) -> str | None: ...
