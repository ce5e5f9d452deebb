"""The `slo` of a scenario: what is promised to users, and over which period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sessionload.config.mistakes import Mistakes
from sessionload.verdict.service_level import parse_period

if TYPE_CHECKING:
    from sessionload.config.node import Node

KEYS = ("within", "share", "period")
EXAMPLE = "{within: 400ms, share: 99.5%, period: 30d}"


def check_slo(node: Node) -> dict[str, Any]:
    """Return the checked objective as the resolved scenario has it. Raises `InputError`."""
    node.names()  # else there is nothing to look into
    mistakes = Mistakes()
    with mistakes:
        node.mapping(KEYS)
    with mistakes:
        within = node.need("within", "400ms")
        if not within.duration():
            raise within.out_of_range("1ns", "1h")
    with mistakes:
        share = node.need("share", "99.5%")
        if not 0 < share.share() < 1:
            message = f"{share.name} leaves no error budget, or nothing but one"
            raise share.refuse("out-of-range", message, "write a share above 0% and below 100%, like 99.5%")
    with mistakes:
        period = node.get("period") or node.unwritten("period", "30d")
        period.parsed(parse_period, "bad-duration", "write whole days, like 30d")
    mistakes.end()
    return {"within": within.written, "share": share.written, "period": period.written}
