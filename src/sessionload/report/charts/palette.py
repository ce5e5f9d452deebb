"""Colors of the charts, by what they stand for.

No two series of one chart are told apart by color alone; hues are those of Okabe and Ito, which differ with
every common kind of color vision. A color that reads well on paper may be lost on a dark screen, so each name
has a light and a dark value.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FAILED = (
    *("contract_violation", "timeout", "throttled", "rejected"),
    *("protocol_error", "connection_error", "server_error", "aborted"),
)
_WELL = ("ok", "unsent")


@dataclass(frozen=True, slots=True)
class Palette:
    """Colors by part, each anything that CSS accepts."""

    paper: str
    """Behind everything."""
    ink: str
    soft: str
    line: str
    shade: str
    """Behind a warm-up."""
    p50: str
    p95: str
    p99: str
    planned: str
    sent: str
    done: str
    late: str
    lag: str
    response: str
    answered: str
    service: str
    server: str
    """Where the server queued."""
    generator: str
    """Where the generator was late."""
    ok: str
    contract_violation: str
    rejected: str
    throttled: str
    server_error: str
    timeout: str
    connection_error: str
    protocol_error: str
    aborted: str
    unsent: str
    lost: str
    """What became of an arrival is not known."""
    met: str
    missed: str
    void: str
    heat1: str
    """The fewest; `heat7` is the most."""
    heat2: str
    heat3: str
    heat4: str
    heat5: str
    heat6: str
    heat7: str


PAGE = Palette(**{color.name: f"var(--chart-{color.name})" for color in fields(Palette)})
"""The colors of a page, which follow light and dark."""

PAGE_NAMES = {getattr(PAGE, color.name): color.name for color in fields(Palette)}
"""The name of each color of a page."""

LIGHT = Palette(
    paper="#fdfdfb",
    ink="#1a1d21",
    soft="#575f69",
    line="#d5d5cf",
    shade="#efefe9",
    p50="#3f9fd8",
    p95="#00527f",
    p99="#c84e00",
    planned="#8a8f96",
    sent="#0072b2",
    done="#c84e00",
    late="#a3457a",
    lag="#a3457a",
    response="#0072b2",
    answered="#00815c",
    service="#b8860b",
    server="#e69f00",
    generator="#cc79a7",
    ok="#c9d6df",
    contract_violation="#d55e00",
    rejected="#cc79a7",
    throttled="#e69f00",
    server_error="#3b3f45",
    timeout="#0072b2",
    connection_error="#56b4e9",
    protocol_error="#009e73",
    aborted="#d8c400",
    unsent="#9aa0a7",
    lost="#8a2be2",
    met="#00664f",
    missed="#a83708",
    void="#7a5600",
    heat1="#dbe9f4",
    heat2="#b5d3e8",
    heat3="#86b8da",
    heat4="#559ac8",
    heat5="#2a7ab3",
    heat6="#0b5990",
    heat7="#063a63",
)
DARK = Palette(
    paper="#14171a",
    ink="#e8e9ea",
    soft="#a2a9b1",
    line="#363c43",
    shade="#1f2429",
    p50="#56b4e9",
    p95="#c3e2f7",
    p99="#ff8a47",
    planned="#8d949c",
    sent="#56b4e9",
    done="#ff8a47",
    late="#e79ac2",
    lag="#e79ac2",
    response="#56b4e9",
    answered="#3fc79d",
    service="#e8b93c",
    server="#e69f00",
    generator="#cc79a7",
    ok="#3a4650",
    contract_violation="#f07a2c",
    rejected="#d98ab5",
    throttled="#e8b93c",
    server_error="#d5d8db",
    timeout="#2f8fd0",
    connection_error="#7cc8f2",
    protocol_error="#2bb58e",
    aborted="#f0e442",
    unsent="#6b737c",
    lost="#b184f0",
    met="#4cc9a6",
    missed="#ff9466",
    void="#e3b84f",
    heat1="#1d2f3f",
    heat2="#1f4561",
    heat3="#235f88",
    heat4="#2f7fb4",
    heat5="#56a3d4",
    heat6="#93c8ea",
    heat7="#dff0fb",
)


def declarations(palette: Palette) -> str:
    """Return the palette as CSS declarations, one a line, for the `:root` of a page that holds pictures."""
    return "\n".join(f"--chart-{color.name}: {getattr(palette, color.name)};" for color in fields(Palette))


def rules() -> str:
    """Return the CSS rules that set the colors of the page over the light ones of its marks."""
    return "\n".join(
        f".{attribute}-{color.name} {{ {attribute}: {getattr(PAGE, color.name)}; }}"
        for color in fields(Palette)
        for attribute in ("fill", "stroke")
    )


def status_colors(statuses: Iterable[int]) -> dict[int, str]:
    """Return the name of a color for each status code: quiet for successes, the others each another.

    In the order of a stack: what failed first.
    """
    rising = sorted(statuses)
    well = [status for status in rising if 200 <= status < 300]
    failed = [status for status in rising if status not in well]
    return dict(zip(failed, cycle(_FAILED), strict=False)) | dict(zip(well, cycle(_WELL), strict=False))
