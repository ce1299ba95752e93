"""What a condition reads and compares with, without evaluating it."""

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any, cast

from trimtab.vocabulary.contract.expression.syntax import (
    Expression,
    Literal,
    Name,
    Quantify,
    Select,
    Tree,
)


def paths(expression: Expression) -> frozenset[tuple[str, ...]]:
    """The values a condition reads, each as names from the root: `args.amount` is ("args", "amount")."""
    return frozenset(paths_of(expression.tree, frozenset()))


def paths_of(tree: Tree, bound: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """The paths below a node; a macro's own name is none."""
    if isinstance(tree, Quantify):
        yield from paths_of(tree.over, bound)
        yield from paths_of(tree.test, bound | {tree.name})
        return
    chain = chain_of(tree)
    if chain:
        if chain[0] not in bound:
            yield chain
        return
    for part in parts(tree):
        yield from paths_of(part, bound)


def chain_of(tree: Tree) -> tuple[str, ...]:
    """Names joined by points; () where the node is something else."""
    if isinstance(tree, Name):
        return (tree.name,)
    if isinstance(tree, Select):
        before = chain_of(tree.of)
        return (*before, tree.field) if before else ()
    return ()


def parts(tree: Tree) -> tuple[Tree, ...]:
    """The nodes directly below one."""
    found: list[Tree] = []
    for part in fields(tree):
        value: Any = getattr(tree, part.name)
        if isinstance(value, Tree):
            found.append(value)
        elif isinstance(value, tuple):
            found += cast("tuple[Tree, ...]", value)
    return tuple(found)


def constants(expression: Expression) -> frozenset[str | int | Decimal]:
    """The texts and numbers that stand in a condition."""
    found: set[str | int | Decimal] = set()
    left = [expression.tree]
    while left:
        tree = left.pop()
        if isinstance(tree, Literal) and isinstance(tree.value, str | int | Decimal):
            found.add(tree.value)
        left += parts(tree)
    return frozenset(found)
