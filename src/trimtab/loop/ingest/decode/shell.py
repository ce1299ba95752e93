"""A request whose items (spans, log records, metrics) stay raw bytes, so that only those that hit are opened.

On the wire a message and a byte string look the same: a field number, a length, the content.
https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

PACKAGE = "trimtab.shell"
DEPTH = 2
"""request -> group of a resource -> group of a scope, whose items are left closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The shell of a kind of request, the type of its items, and the fields that lead to them."""

    request: type[Message]
    item: type[Message]
    path: tuple[str, ...]

    def lists(self, message: Any) -> Iterator[Any]:
        """The lists of closed items of a message, to be changed in place."""
        outer, inner, items = self.path
        return (getattr(scope, items) for group in getattr(message, outer) for scope in getattr(group, inner))


@lru_cache(maxsize=8)
def shell_of(request: type[Message]) -> Shell:
    """Derive the shell of a kind of request from its descriptor."""
    descriptor = cast("Descriptor", request.DESCRIPTOR)
    name = descriptor.name
    file = FileDescriptorProto(name=f"{PACKAGE}.{name}.proto", package=PACKAGE, syntax="proto3")
    item, path = add_shell(file, descriptor, DEPTH)
    pool: Any = descriptor_pool.Default()
    pool.Add(file)
    shell = pool.FindMessageTypeByName(f"{PACKAGE}.{name}")
    return Shell(request=GetMessageClass(shell), item=GetMessageClass(item), path=path)


def add_shell(file: FileDescriptorProto, of: Descriptor, depth: int) -> tuple[Descriptor, tuple[str, ...]]:
    """Add the shell of one message type to a file; gives the type of the closed items and the path to them."""
    shell = file.message_type.add(name=of.name)
    found: tuple[Descriptor, tuple[str, ...]] | None = None
    for field in of.fields:
        made = shell.field.add(name=field.name, number=field.number, type=field.type)
        made.label = made.LABEL_REPEATED if field.is_repeated else made.LABEL_OPTIONAL
        inner = field.message_type
        if inner is None:
            continue
        if not field.is_repeated:
            made.type_name = f".{inner.full_name}"
            if inner.file.name not in file.dependency:
                file.dependency.append(inner.file.name)
        elif depth:
            made.type_name = f".{PACKAGE}.{inner.name}"
            item, path = add_shell(file, inner, depth - 1)
            found = item, (field.name, *path)
        else:
            made.type = made.TYPE_BYTES
            found = inner, (field.name,)
    if found is None:
        raise TypeError(f"{of.full_name} holds no items")
    return found
