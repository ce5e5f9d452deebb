"""Where the data of a drawing lie, and what a drawing is before it is drawn.

The place of a value follows from the `Plot` alone, to the pixel. The drawing program lays nothing out;
margins are set here. Text has no size at this point, so margins fit the longest label that an axis can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Plot:
    """The data area in a drawing's own pixels, and what its x axis means.

    `left` and `top` are of its upper left corner. A value `x` lies at
    `left + width * (x - x_low) / (x_high - x_low)`; with `x_log` the same of the logarithms.
    """

    left: float
    top: float
    width: float
    height: float
    x_low: float
    x_high: float
    x_log: bool


class Drawing(NamedTuple):
    """A Vega-Lite specification of fixed layout, the size it has, and where its data lie."""

    spec: Mapping[str, Any]
    width: int
    height: int
    plot: Plot
