"""How the pages are made from their templates.

All pages share one environment, frame, style and script. Whatever goes into a page is escaped, a name that a
template does not know is an error, and a page loads nothing from anywhere else. A policy in its head names
the script by its hash and forbids the rest, so that even a hole in the escaping would run nothing. HTML knows
no escapes inside a script element: `</script` ends it wherever it stands.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sessionload.report.charts.palette import DARK, LIGHT, declarations, rules
from sessionload.report.model.quantities import counted_noun

if TYPE_CHECKING:
    from sessionload.report.charts.picture import Plot

_PART = re.compile(r"(?<=[./_])(?=[A-Za-z{])")
_UNIT = re.compile(r"(?<=\d) (?=(?:µs|ms|s|min|h|%)(?!\w))|(?<=[a-z]) (?=\d)")


@cache
def templates() -> Environment:
    """Return the environment that all pages are made in."""
    environment = Environment(
        loader=PackageLoader("sessionload.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = unbroken
    environment.filters["breakable"] = breakable
    environment.filters["place"] = place
    environment.filters["drawing"] = drawing
    environment.filters["counted_noun"] = counted_noun
    environment.filters["light"] = light
    environment.globals["light"] = declarations(LIGHT)
    environment.globals["dark"] = declarations(DARK)
    environment.globals["rules"] = rules()
    return environment


def page(name: str, **values: object) -> str:
    """Return the page that the template `name` makes of `values`, with the script of the charts."""
    script = script_text(templates().get_template("charts.js.j2").render())
    return templates().get_template(name).render(policy=policy(script), script=script, **values)


def policy(script: str) -> str:
    """Return the content security policy of a page in which `script` runs, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline';"
        " base-uri 'none'; form-action 'none'"
    )


def script_text(text: str) -> Markup:
    """Return a script of ours as it is; raises `ValueError` if it could not stand in a script element."""
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("this script would end its own element")
    return Markup(text)  # noqa: S704 - ours, from the package, without values


def drawing(svg: str) -> Markup:
    """Return a drawing of ours as it is; names in it were escaped when it was drawn."""
    return Markup(svg)  # noqa: S704 - drawn by `picture`, which escapes the names of stages


def place(plot: Plot) -> str:
    """Return where the data of a drawing lie and what its axis means, for the script to read."""
    numbers = (plot.left, plot.top, plot.width, plot.height, plot.x_low, plot.x_high, int(plot.x_log))
    return " ".join(f"{number:.10g}" for number in numbers)


def light(name: str) -> str:
    """Return the light color of this name, for readers without style sheets."""
    color: str = getattr(LIGHT, name)
    return color


def unbroken(text: str) -> str:
    """Return text in which no line can end between a number and its unit, or a word and its number."""
    return _UNIT.sub("\u00a0", text).replace("SHA-256 ", "SHA\u2011256\u00a0")


def breakable(text: str) -> Markup:
    """Return text whose long names and paths go on in the next line after a `.`, `/` or `_`."""
    return Markup("<wbr>").join(_PART.split(text))
