"""The `users` of a scenario: where user IDs come from and who comes back.

The grammar of patterns and the arithmetic of returning users are in `workload`; here they get their place
in the file. `id: {n}` without quotes is a mapping in YAML, and gets a message of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sessionload.config.also import check_also
from sessionload.config.mistakes import Mistakes
from sessionload.config.other_tools import lesson_of
from sessionload.config.user_file import UserFile, separator_of
from sessionload.workload.text_list import TextList
from sessionload.workload.user_ids import LARGEST_POOL, Returning, UserIds, compile_user_ids

if TYPE_CHECKING:
    from sessionload.config.node import Node
    from sessionload.contract.request.further_property import FurtherProperty
    from sessionload.errors import Place

KEYS = ("id", "also", "returning", "unique")
FILE_KEYS = ("file", "column", "separator")
RETURNING_KEYS = ("share", "pool", "order", "exponent")
ORDERS = ("round_robin", "zipf", "random")

_FIELDS = {"n", "run", "uuid"}
_CURE = 'write it like "launch-{run}-{n:08d}"'


@dataclass(frozen=True, slots=True)
class Users:
    """Who arrives. `ids` has no IDs yet while they are still in `file`."""

    ids: UserIds
    file: UserFile | None
    further: tuple[FurtherProperty, ...]
    """What requests have besides the ID; a column has no values yet."""
    place: Place
    """Where the IDs were written."""
    resolved: dict[str, Any]


def check_users(node: Node) -> Users:
    """Return the checked `users` of a scenario. Raises `InputError`."""
    if isinstance(node.value, int):
        message = f"{node.name} says which IDs arrive, and is no number"
        raise node.refuse("bad-type", message, lesson_of("users", node.name))
    _refuse_list(node)
    node.names()  # else there is nothing to look into
    mistakes = Mistakes()
    with mistakes:
        node.mapping(KEYS)
    with mistakes:
        unique_node = node.get("unique")
        unique = unique_node.boolean() if unique_node else True
    returning: Returning | None = None
    with mistakes:
        returning_node = node.get("returning")
        returning = _returning(returning_node) if returning_node else None
    with mistakes:
        source = node.need("id", '"user-{run}-{n}"')
        _refuse_list(source)
        if not isinstance(source.value, dict):
            source.text()
    mistakes.end()
    resolved: dict[str, Any] = {"id": source.value, "unique": unique}
    if returning_node and returning:
        resolved["returning"] = _resolved(returning, returning_node)
    file = _file(source) if isinstance(source.value, dict) else None
    also = node.get("also")
    further = check_also(also, has_columns=bool(file and file.column)) if also else ()
    if also:
        resolved["also"] = also.value
    if file is not None:
        unread = UserIds(None, TextList.of(()), returning, unique)
        return Users(unread, file, further, source.place, resolved)
    ids = UserIds(source.text(), None, returning, unique)
    source.parsed(lambda _: compile_user_ids(ids, run_id="run", seed=0), "bad-user-id", _CURE, most=1000)
    return Users(ids, None, further, source.place, resolved)


def _refuse_list(node: Node) -> None:
    if isinstance(node.value, list):
        message = f"{node.name} is a list, and IDs that are listed stand in a file of their own"
        hint = "write them to users.txt, one a line, and here id: {file: users.txt}"
        raise node.refuse("bad-type", message, hint)


def _file(source: Node) -> UserFile:
    if _FIELDS & set(source.names()):
        message = f"{source.name} is a mapping, because a text that begins with {{ needs quotes"
        raise source.refuse("bad-user-id", message, 'put the pattern in quotes: id: "{n}"')
    source.mapping(FILE_KEYS)
    file = source.need("file", "users.csv")
    column = source.get("column")
    path = PurePath(source.document.file).parent / file.text()
    return UserFile(str(path), column.text() if column else None, file.place, separator_of(source))


def _returning(node: Node) -> Returning:
    node.mapping(RETURNING_KEYS)
    share = node.need("share", "20%")
    if not share.share():
        message = f"{share.name} must be more than 0%"
        raise share.refuse("out-of-range", message, "leave 'returning' out when nobody returns")
    order_node = node.get("order")
    order = order_node.choice(ORDERS) if order_node else ORDERS[0]
    return Returning(
        share.share(), node.need("pool", "5000").integer(1, LARGEST_POOL), order, _exponent(node, order)
    )


def _exponent(node: Node, order: str) -> Fraction:
    exponent = node.get("exponent")
    if not exponent:
        return Fraction(1)
    if order != "zipf":
        message = f"{exponent.name} says something about the order zipf only"
        raise exponent.refuse("unused-key", message, "add order: zipf, or remove it", at_key=True)
    if not 0 < exponent.number() <= 10:
        raise exponent.refuse(
            "out-of-range", f"{exponent.name} must be more than 0 and at most 10", "1 is the usual one"
        )
    return exponent.number()


def _resolved(returning: Returning, node: Node) -> dict[str, Any]:
    resolved = {"share": node.need("share", "").written, "pool": returning.pool, "order": returning.order}
    if returning.order == "zipf":
        resolved["exponent"] = node.value.get("exponent", 1)
    return resolved
