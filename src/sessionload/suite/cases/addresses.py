"""Cases about where and how a request is sent: its path, its API key, its method.

Each case fills one parameter of the path template with something else, changes one header or exchanges the
method. Only the path, the key and the methods of the document may lead to a success. A server may normalise a
path with dots, so no path is sent that would normalise to a documented one. What the document does not
describe at all, another method or another path, is HTTP's to answer: any refusal will do there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from sessionload.contract.document.placeholder import KEY, PLACEHOLDER
from sessionload.suite.cases.case import Case, CaseRequest, Expect
from sessionload.suite.cases.operation_spec import METHODS
from sessionload.suite.cases.properties import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.contract.request.key_field import Security
    from sessionload.suite.cases.operation_spec import OperationSpec

_PLACE = re.compile(r"\{([^{}]*)\}")
_REFUSALS = frozenset(range(400, 500))
_NOT_IMPLEMENTED = frozenset({501})
_MOVED = frozenset({301, 302, 307, 308})
_WITH_BODY = {"POST", "PUT", "PATCH"}
_MEANINGS = {
    "HEAD": "it is GET without the body, and the document lists GET",
    "OPTIONS": "HTTP lets anyone ask for the options",
    "TRACE": "HTTP lets a server repeat the request",
}
"""The methods that HTTP gives a meaning of their own (RFC 9110, sections 9.3.2, 9.3.7 and 9.3.8)."""
WRONG_KEY = "sessionload-check-wrong-key"
"""Sent as the API key where a wrong one is wanted."""


def authorization_cases(ordinary: CaseRequest, security: Security) -> Iterator[Case]:
    """Yield the cases about the header that carries the API key, whatever its name, if one is sent."""
    key = security.key
    if key is None:
        return
    optional = security.key_is_optional

    def case(
        what: str,
        requirement: str,
        fields: list[tuple[str, str]],
        expect: Expect | None = None,
        note: str = "",
    ) -> Case:
        others = [field for field in ordinary.headers if field[0] != key.name]
        request = replace(ordinary, headers=(*fields, *others))
        if expect is None and optional:
            expect, note = Expect.EITHER, "the document lets a request do without a key"
        return Case(
            f"authorization/{what}", "authorization", requirement, request, expect or Expect.REFUSED, note
        )

    refused = "may be refused" if optional else "is refused"
    yield case("missing", f"A request without the header '{key.name}' {refused}", [])
    yield case("empty", f"An empty header '{key.name}' {refused}", [(key.name, "")])
    yield case("wrong", f"A key that is not the project's {refused}", [(key.name, key.prefix + WRONG_KEY)])
    if key.prefix:
        requirement = f"The key without '{key.prefix}' before it {refused}: the document asks for both"
        yield case("bare", requirement, [(key.name, KEY)])
        scheme = key.prefix.strip()
        yield case(
            "scheme-in-small-letters",
            f"'{scheme.lower()}' is '{scheme}', or refused",
            [(key.name, key.prefix.lower() + KEY)],
            Expect.EITHER,
            "a scheme has no case (RFC 9110, section 11.1), though many servers know one way to write it",
        )
    else:
        requirement = f"The key with 'Bearer ' before it {refused}: the document asks for the key alone"
        yield case("bearer", requirement, [(key.name, f"Bearer {KEY}")])
    yield case(
        "capitals",
        f"The header '{key.name}' is known in capitals too: names of headers have no case",
        [(key.name.upper(), key.value)],
        Expect.KEPT,
    )


def method_cases(ordinary: CaseRequest, methods: frozenset[str]) -> Iterator[Case]:
    """Yield a case for each method that the document does not list for the path."""
    for method in METHODS:
        if method in methods:
            continue
        headers, body = ordinary.headers, ordinary.body
        if method not in _WITH_BODY:
            headers, body = tuple(field for field in headers if field[0] != "content-type"), b""
        requirement = f"{method} is refused: the document does not list it for this path"
        expect, note = Expect.REFUSED, "501 is right too (RFC 9110, section 15.6.2)"
        statuses = _REFUSALS | _NOT_IMPLEMENTED
        if method in _MEANINGS and (method != "HEAD" or "GET" in methods):
            requirement = f"{method} hands out no session key; it may be answered, for {_MEANINGS[method]}"
            expect, note = Expect.NO_SESSION, ""
            statuses |= frozenset(range(200, 400))
        if method == "TRACE":
            headers = tuple(field for field in headers if not PLACEHOLDER.search(field[1]))
            note = "sent without the key, since an answer to TRACE repeats the request"
        request = CaseRequest(method, ordinary.path, headers, body)
        yield Case(f"method/{method}", "method", requirement, request, expect, note, statuses)


def path_cases(ordinary: CaseRequest, spec: OperationSpec, values: Mapping[str, str]) -> Iterator[Case]:
    """Yield the cases about the places of the path template, which `values` fills in the ordinary request.

    Encodings are tried in the first place only: what a server makes of them is the same everywhere.
    """
    places = list(dict.fromkeys(_PLACE.findall(spec.template)))
    names = names_of([place.removesuffix("ID") for place in places])
    for number, (place, name) in enumerate(zip(places, names, strict=True)):
        yield from _PathParameter(ordinary, spec, values, place, name).cases(encodings=number == 0)


class _PathParameter:
    """One place of the path template."""

    def __init__(
        self, ordinary: CaseRequest, spec: OperationSpec, values: Mapping[str, str], place: str, what: str
    ) -> None:
        self._ordinary = ordinary
        self._spec = spec
        self._values = values
        self._place = place
        self._what = what

    def cases(self, *, encodings: bool) -> Iterator[Case]:
        what = self._what
        yield self._case("unknown", f"sessionload-no-such-{what}", f"An unknown {what} is refused")
        if encodings:
            yield from self._encodings(self._values[self._place])
        ways_up = ("/".join([".."] * steps) for steps in range(1, self._spec.template.count("/") + 2))
        up = next((way for way in ways_up if not self._leads_on(way)), None)
        if up:
            yield self._case("dots", up, f"The {what} '{up}' is refused", statuses=_REFUSALS | _MOVED)

    def _encodings(self, value: str) -> Iterator[Case]:
        what = self._what
        if not self._leads_on(""):
            yield self._case("empty", "", f"An empty {what} is refused", statuses=_REFUSALS | _MOVED)
        yield self._case(
            "encoded",
            "".join(f"%{byte:02X}" for byte in value.encode()),
            f"The {what} in percent-encoding is the same {what} (RFC 9110, section 4.2.3)",
            Expect.KEPT,
        )
        yield self._case(
            "slashes",
            quote(f"{value}/../{value}", safe=""),
            f"Encoded slashes and dots are part of the {what}, which is then unknown and refused",
            statuses=_REFUSALS,
        )

    def _case(
        self,
        kind: str,
        segment: str,
        requirement: str,
        expect: Expect = Expect.REFUSED,
        *,
        statuses: frozenset[int] = frozenset(),
    ) -> Case:
        note = "a redirect to the path without them is right too" if statuses >= _MOVED else ""
        query = f"?{self._spec.query}" if self._spec.query else ""
        request = replace(self._ordinary, path=self._path(segment) + query)
        return Case(f"path/{kind}-{self._what}", "path", requirement, request, expect, note, statuses)

    def _path(self, segment: str) -> str:
        values = {name: quote(value, safe="") for name, value in self._values.items()}
        values[self._place] = segment
        return _PLACE.sub(lambda place: values[place[1]], self._spec.template)

    def _leads_on(self, segment: str) -> bool:
        """Whether a reader that removes dots and empty parts could take the path for a documented one."""
        return any(_fits(self._path(segment), template) for template in self._spec.templates)


def _fits(path: str, template: str) -> bool:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    patterns = template.strip("/").split("/")
    return len(parts) == len(patterns) and all(
        _PLACE.search(pattern) is not None or part == pattern
        for part, pattern in zip(parts, patterns, strict=True)
    )
