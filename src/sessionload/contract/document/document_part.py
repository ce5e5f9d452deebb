"""Where an object stands in a document: a part is known by its identity, so nobody carries its way along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Part = tuple[str | int, ...]
"""The keys and list indexes that lead from the top of a document to a part of it."""


def part_of(root: object, holder: object, key: object = None) -> Part | None:
    """Return the way to the mapping or list `holder`, or to its `key` where it has that.

    None where `holder` is no part of the document: a scalar, or something made from parts. Of several ways,
    which anchors of YAML make, it is the first in the order of the document.
    """
    way = _way(root, holder, set())
    if way is None:
        return None
    return (*reversed(way), *(step for step, _ in _steps(holder) if step == key))


def _way(node: object, holder: object, seen: set[int]) -> list[str | int] | None:
    """Return the steps to `holder`, the last one first. No reader lets a document be deep."""
    if node is holder:
        return [] if isinstance(node, Mapping | list) else None
    seen.add(id(node))
    for step, inner in _steps(node):
        if id(inner) not in seen and isinstance(inner, Mapping | list):
            way = _way(inner, holder, seen)
            if way is not None:
                way.append(step)
                return way
    return None


def _steps(node: object) -> Iterable[tuple[str | int, object]]:
    return node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
