"""What was run, as a flat list: enough to run it again.

Nothing that the result says of what was asked for is left out, but the stages, which have a table of their
own. What people wrote may be long, so each text is cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sessionload.report.model.plain import plain
from sessionload.report.model.rows import Fact
from sessionload.units import NS, duration_text, share_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.verdict.result import Result


def run_facts(result: Result) -> Iterator[Fact]:
    """Yield run, machine, environment, contract and scenario."""
    run = result.run
    yield Fact("Run", plain(run.id))
    yield Fact("Started", plain(run.started))
    yield Fact("Took", duration_text(round(run.seconds * NS)))
    yield Fact("Seed", str(run.seed))
    yield Fact("Version", plain(run.version))
    yield from _flat("label", run.labels)
    if run.baseline is not None:
        yield Fact("baseline.run", plain(run.baseline.run))
        tolerance = run.baseline.tolerance
        yield Fact("baseline.tolerance", share_text(tolerance.numerator, tolerance.denominator))
    for note in run.notes:
        yield Fact("Note", plain(note, 300))
    groups = {"machine": result.machine, "environment": result.environment, "contract": result.contract}
    for name, group in groups.items():
        yield from _flat(name, group)
    yield from _flat("scenario", result.scenario)


def _flat(label: str, value: Any) -> Iterator[Fact]:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name != "stages":
                yield from _flat(f"{label}.{name}", inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield Fact(plain(label, 100), plain(", ".join(map(_item, value)), 300))
    elif value is not None:
        yield Fact(plain(label, 100), plain(_word(value), 300))


def _item(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if not isinstance(value, Mapping):
        return str(value)
    expr = value.get("expr", "")  # what a target is about
    rest = ", ".join(f"{name} {_word(inner)}" for name, inner in value.items() if name != "expr")
    return f"{expr} ({rest})" if rest else str(expr)


def _word(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return str(value).lower() if isinstance(value, bool) else str(value)
