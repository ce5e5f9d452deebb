"""The result as one HTML page that needs nothing but itself.

Law: the page asks no other place for anything, and nothing in it runs but the two scripts that are
ours. Idea: a policy in its head names those scripts by their hash and forbids the rest, so that even a
hole in the escaping would run nothing; charts are data, drawn by Vega's interpreter without `eval`.
Trap: inside a script element HTML knows no escapes; `</script>` in a JSON string ends it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from sessionload.view.axes import clock
from sessionload.view.figures import NOTHING, latency_text
from sessionload.view.rows import LATENCY_COLUMNS
from sessionload.view.template import templates
from sessionload.words.units import duration, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.view.rows import Sheet
    from sessionload.view.spectrum import Spectrum

_BREAKING = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def render(sheet: Sheet) -> str:
    """Return the page, to be written as UTF-8."""
    from sessionload.view import charts  # noqa: PLC0415 - slow to import, and only a page needs it

    steps = sheet.steps_of_run
    scripts = (_vega(), templates().get_template("report.js.j2").render())
    return (
        templates()
        .get_template("report.html.j2")
        .render(
            sheet=sheet,
            columns=LATENCY_COLUMNS,
            nothing=NOTHING,
            clock=clock,
            latency_text=latency_text,
            policy=_policy(scripts),
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - ours, and checked by `script_text`
            specs={
                "response": _chart(charts.response_over_time, sheet, drawn=any(one.samples for one in steps)),
                "traffic": _chart(charts.traffic, sheet, drawn=True),
                "spectrum": _chart(charts.percentile_spectrum, sheet, drawn=bool(sheet.response.count)),
            },
            spectrum_rows=list(_spectrum_rows(sheet.response, sheet.service)),
        )
    )


def _chart(chart: Callable[[Sheet], dict[str, Any]], sheet: Sheet, *, drawn: bool) -> Markup | None:
    return embedded(chart(sheet)) if drawn else None


def embedded(value: Any) -> Markup:  # noqa: ANN401 - any JSON value
    """Return JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup("".join(_BREAKING.get(character, character) for character in text))  # noqa: S704 - escaped


def script_text(text: str) -> str:
    """Return a script of ours as it is; raises `ValueError` if it could not stand in a script element."""
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("this script would end its own element")
    return text


@cache
def _vega() -> str:
    import vl_convert  # noqa: PLC0415 - slow to import, and only a page needs it

    return script_text(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def _policy(scripts: tuple[str, ...]) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline';"
        " base-uri 'none'; form-action 'none'"
    )


def _spectrum_rows(response: Spectrum, service: Spectrum) -> Iterator[tuple[str, str, str]]:
    """Yield (percentile, response, service) in rising order; a series may lack a level, or be never."""
    ours = {level.share: level.value_ns for level in response.levels}
    theirs = {level.share: level.value_ns for level in service.levels}
    for level in sorted(ours.keys() | theirs.keys()):
        yield (
            share(level.numerator, level.denominator),
            duration(ours[level]) if level in ours else NOTHING,
            duration(theirs[level]) if level in theirs else NOTHING,
        )
    if response.never:
        yield share(1, 1), duration(None), NOTHING
