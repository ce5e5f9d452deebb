"""What was tested, for whoever sees nothing but the first screen: where, against which contract, by whom.

A result of the embedded stub says nothing about a real server, and must not be taken for one that does, so it
is said wherever a verdict is. A result may come from anywhere: what it does not say is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from sessionload.report.model.load_text import scale_text
from sessionload.report.model.plain import plain
from sessionload.report.model.quantities import counted_noun
from sessionload.report.model.rows import Fact
from sessionload.stub.settings import is_loopback
from sessionload.units import rate_text
from sessionload.verdict.resolved_scenario import arrivals_text
from sessionload.verdict.run_labels import labels_text
from sessionload.workload.peak import peak_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.verdict.result import Result

STUB_URL = "embedded stub"
"""The URL of the embedded stub, as results have it."""
STUB_NOTE = "The server was the one that sessionload brings with it; no real service was measured"
PLAIN_NOTE = "plain_http is allowed there: whoever is on the way could read the key and each session key"
_LONGEST = 200
_DIGEST = 12


def is_stub(environment: Mapping[str, str]) -> bool:
    """Tell whether the server was the embedded stub."""
    return environment.get("url") == STUB_URL


def description(result: Result) -> str:
    """Return what the scenario says of itself; empty if it says nothing."""
    return plain(str(result.scenario.get("description", "")), 500)


def about(result: Result) -> Iterator[Fact]:
    """Yield environment, URL, contract, who arrived, at which peak, whether it was scaled, and the labels."""
    yield from server_facts(result.environment, result.contract)
    yield from _said(
        ("Users", ", ".join(_users(result.scenario.get("users")))),
        ("Arrivals", ", ".join(_arrivals(result))),
        ("Labels", labels_text(result.run.labels)),
    )


def server_facts(environment: Mapping[str, str], contract: Mapping[str, str]) -> Iterator[Fact]:
    """Yield environment, URL and contract, as far as they are known."""
    return _said(
        ("Environment", environment.get("name", "")),
        ("URL", ", ".join(_address(environment))),
        ("Without TLS", PLAIN_NOTE if _is_plain(environment.get("url", "")) else ""),
        ("Contract", _contract(contract)),
    )


def _said(*facts: tuple[str, str]) -> Iterator[Fact]:
    return (Fact(label, plain(text, _LONGEST)) for label, text in facts if text)


def _address(environment: Mapping[str, str]) -> Iterator[str]:
    if url := environment.get("url"):
        yield url
    for part in ("project", "environment"):
        if text := environment.get(part):
            yield f"{part} {text}"
    if chosen := environment.get("chosen"):
        yield f"the server chose {chosen}"


def _is_plain(url: str) -> bool:
    """Tell whether requests left this machine without TLS."""
    host = re.fullmatch(r"http://\[?([^/\]]*?)\]?(?::[0-9]+)?(?:/.*)?", url)
    return host is not None and not is_loopback(host[1])


def _contract(contract: Mapping[str, str]) -> str:
    operation, file, digest = (contract.get(name, "") for name in ("operation", "file", "sha256"))
    what = " of ".join(filter(None, (operation, file)))
    return f"{what}, SHA-256 {digest[:_DIGEST]}" if digest else what


def _users(users: object) -> Iterator[str]:
    if not isinstance(users, Mapping):
        return
    ids, returning = users.get("id"), users.get("returning")
    if isinstance(ids, Mapping):
        yield f"IDs from {ids.get('file', 'a file')}"
    elif ids:
        yield str(ids)
    if isinstance(returning, Mapping):
        yield f"{returning.get('share', 'some')} returning from a pool of {returning.get('pool', 'them')}"


def _arrivals(result: Result) -> Iterator[str]:
    yield f"{counted_noun(result.planned, 'session start')} planned"
    load = result.scenario.get("load")
    if isinstance(load, Mapping) and load.get("arrivals"):
        yield arrivals_text(load["arrivals"])
    recorded = any(stage.kind == "file" for stage in result.stages)
    peak = Fraction(max(result.planned_by_second.values())) if recorded else peak_of(result.stages)
    yield f"peak {rate_text(peak)}"
    if scale := scale_text(result.scenario):
        yield f"scaled: {scale}"
