"""The files of a folder to begin with, made of those that come with sessionload.

Nothing is written out here that stands elsewhere: scenarios and environments are the shipped ones with the
address and the peak that were asked for, and the pipelines are those of `docs/ci.md`. A text that is to be
changed and is not there is a defect, not a file that says something else.
"""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING

from sessionload.config.shipped_files import CONTRACT, ENVIRONMENTS, SHIPPED
from sessionload.units import rate_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction
    from pathlib import Path

PIPELINES = {
    "github": (".github/workflows/sessionload.yml", "## GitHub Actions"),
    "gitlab": (".gitlab-ci.yml", "## GitLab"),
    "jenkins": ("Jenkinsfile", "## Jenkins"),
}
"""Where the pipeline of each CI server is written, and under which heading of `docs/ci.md` it stands."""
DEFAULT_URL = "https://general-runtime.voiceflow.com"
DEFAULT_PEAK = "20/s"
_TIMEOUT_S = 10
_MOST_IN_FLIGHT = 10_000
_BLOCK = re.compile(r"^```(?:yml|groovy)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


def starter_files(url: str, peak: Fraction, ci: str | None) -> Iterator[tuple[str, str, str]]:
    """Yield name, text and purpose of each file; `ci` is one of `PIPELINES`, or none."""
    yield str(ENVIRONMENTS), _environments(url, peak), "where sessions can be started, and how fast at most"
    yield str(CONTRACT), _read(CONTRACT), "the OpenAPI document that every answer is held against"
    yield "scenarios/smoke.yaml", _read("scenarios/smoke.yaml"), "ten seconds against the embedded stub"
    yield "scenarios/launch.yaml", _launch(peak), f"the load of a launch, up to {rate_text(peak)}"
    for schema in ("scenario", "environments"):
        name = f"scenarios/{schema}.schema.json"
        yield name, _read(name), "lets an editor check what is typed"
    yield "locustfile.py", _read("locustfile.py"), "the same scenarios under Locust's own command"
    yield "reports/README.md", _LINK.sub(r"\1", _read("reports.md")), "what a run writes there"
    yield "reports/.gitignore", "*\n!.gitignore\n!README.md\n", "keeps runs out of git"
    if ci is not None:
        name, heading = PIPELINES[ci]
        yield name, _pipeline(heading), "gates a deploy by check, run and compare"


def _environments(url: str, peak: Fraction) -> str:
    text = _changed(_read(ENVIRONMENTS), f"url: {DEFAULT_URL}", f"url: {url}")
    return _changed(text, "max_rate: 300/s", f"max_rate: {_rate(peak)}")


def _launch(peak: Fraction) -> str:
    text = _changed(_read("scenarios/launch.yaml"), "200/s", _rate(peak))
    text = _changed(text, "rate: 20/s", f"rate: {_rate(peak / 10)}")
    in_flight = min(max(ceil(peak * _TIMEOUT_S), 1), _MOST_IN_FLIGHT)
    return _changed(text, "max_in_flight: 2000", f"max_in_flight: {in_flight}")


def _rate(per_second: Fraction) -> str:
    return f"{float(per_second):.10g}/s"


def _pipeline(heading: str) -> str:
    _, found, section = _read("ci.md").partition(f"\n{heading}\n")
    block = _BLOCK.search(section)
    if not found or block is None:
        raise AssertionError(f"docs/ci.md has no pipeline under {heading}")
    return block[1]


def _changed(text: str, before: str, after: str) -> str:
    if before not in text:
        raise AssertionError(f"a shipped file has no {before}")
    return text.replace(before, after)


def _read(name: str | Path) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")
