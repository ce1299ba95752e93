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
ITEMS = 2
"""request -> group of a resource -> group of a scope, whose items are left closed."""
PARTS = 3
"""The same, and the items are open, but their attributes, events and links are closed."""


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
def shell_of(request: type[Message], depth: int = ITEMS) -> Shell:
    """Derive the shell of a kind of request from its descriptor; what is repeated is closed at some depth."""
    descriptor = cast("Descriptor", request.DESCRIPTOR)
    name, package = descriptor.name, f"{PACKAGE}{depth}"
    file = FileDescriptorProto(name=f"{package}.{name}.proto", package=package, syntax="proto3")
    item, path = add_shell(file, descriptor, depth)
    pool: Any = descriptor_pool.Default()
    pool.Add(file)
    shell = pool.FindMessageTypeByName(f"{package}.{name}")
    return Shell(request=GetMessageClass(shell), item=GetMessageClass(item), path=path)


def add_shell(file: FileDescriptorProto, of: Descriptor, depth: int) -> tuple[Descriptor, tuple[str, ...]]:
    """Add the shell of one message type to a file; gives the type of the closed items and the path to them."""
    shell = file.message_type.add(name=of.name)
    found: tuple[Descriptor, tuple[str, ...]] | None = None
    for field in of.fields:
        made = shell.field.add(name=field.name, number=field.number, type=field.type)
        made.label = made.LABEL_REPEATED if field.is_repeated else made.LABEL_OPTIONAL
        inner = field.message_type
        if named := field.enum_type or (None if field.is_repeated else inner):
            made.type_name = f".{named.full_name}"
            if named.file.name not in file.dependency:
                file.dependency.append(named.file.name)
        elif inner is None:
            continue
        elif depth:
            made.type_name = f".{file.package}.{inner.name}"
            item, path = add_shell(file, inner, depth - 1)
            found = item, (field.name, *path)
        else:
            made.type = made.TYPE_BYTES
            found = found or (inner, (field.name,))
    if found is None:
        raise TypeError(f"{of.full_name} holds no items")
    return found
