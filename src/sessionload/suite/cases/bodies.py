"""Cases about the body of a request as a body: its bytes, its form and its media type.

Each case changes one thing in a valid body. JSON lets a reader choose in some places (RFC 8259): a leading
byte order mark and bytes that are not UTF-8 (section 8.1), a name that comes twice (section 4), and how deep
values may nest (section 9). There a server may accept or refuse, and only a failure is wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sessionload.suite.cases.case import Case, CaseRequest, Expect
from sessionload.suite.cases.case_factory import JSON, LARGEST_BODY, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.suite.cases.case_factory import CaseFactory

EXTRA = "sessionloadCheck"
"""A property that no document declares."""

_NESTED = 10_000
_OTHER_TYPE = "text/plain"
_MOST_LISTED = 4
_TOO_LARGE = frozenset({413})


def body_cases(factory: CaseFactory) -> Iterator[Case]:
    """Yield the cases, in a fixed order."""
    body = to_json(factory.valid("body"))
    yield _missing(factory)
    yield factory.sent(
        "body/truncated", body[:-1], "A body that ends before its JSON does is refused", Expect.REFUSED
    )
    yield factory.sent("body/not-json", b"user " + body, "A body that is not JSON is refused", Expect.REFUSED)
    yield factory.case("body/array", [factory.valid("array")], "An array around the body")
    yield factory.sent(
        "body/not-utf-8",
        body[:-2] + b"\xff" + body[-2:],
        "A body that is not valid UTF-8 is refused, or read with a replacement character",
        Expect.EITHER,
        "RFC 8259, section 8.1, and RFC 3629, section 3, leave open what a reader makes of it",
    )
    yield factory.sent(
        "body/byte-order-mark",
        b"\xef\xbb\xbf" + body,
        "A byte order mark before the JSON is ignored or refused",
        Expect.EITHER,
        "RFC 8259, section 8.1, lets a reader choose",
    )
    yield factory.sent(
        "body/duplicate-names",
        to_json(factory.valid("first"))[:-1] + b"," + to_json(factory.valid("second"))[1:],
        "An object that has a name twice is read in some way or refused",
        Expect.EITHER,
        "RFC 8259, section 4, leaves open what a reader makes of it",
    )
    yield _nested(factory)
    yield _mebibyte(factory)
    yield factory.case(
        "body/extra-property", {**factory.valid("extra"), EXTRA: True}, "A property that is not declared"
    )
    if not factory.body.media_types & {_OTHER_TYPE, "text/*", "*/*"}:
        requirement = (
            f"A body that is called {_OTHER_TYPE} is refused: the document does not list that media type"
        )
        yield Case(
            "body/media-type",
            "body",
            requirement,
            factory.request(to_json(factory.valid("type")), _OTHER_TYPE),
            Expect.REFUSED,
        )
    others = sorted(factory.body.media_types - {JSON})
    if others:
        listed = ", ".join(others[:_MOST_LISTED]) + (", …" if len(others) > _MOST_LISTED else "")
        reason = f"a check sends bodies as {JSON} only"
        yield factory.unsent("body/other-media-types", f"A body as {listed}", reason)


def _missing(factory: CaseFactory) -> Case:
    if factory.body.required:
        requirement = "A request without a body is refused: the document requires one"
        return factory.sent("body/missing", b"", requirement, Expect.REFUSED)
    requirement = "A request without a body is accepted: the document does not require one"
    bare = factory.bare
    return Case(
        "body/missing", "body", requirement, CaseRequest(bare.method, bare.path, bare.headers), Expect.KEPT
    )


def _nested(factory: CaseFactory) -> Case:
    """Return the case of a value, the user ID where there is one, that nests deeper than any reader needs."""
    inner: list[object] = []
    shallow: object = [inner]
    body = b"[" * _NESTED + b"]" * _NESTED
    if factory.user is not None:
        shallow = factory.with_user([inner])
        body = to_json(factory.with_user(EXTRA)).replace(to_json(EXTRA), body, 1)
    subject = f"A value inside {_NESTED:,} arrays"
    case = factory.large_case("body/deeply-nested", shallow, body, subject)
    if case.expect is not Expect.KEPT:
        return case
    requirement = f"{subject} is accepted, or refused for its depth"
    note = "RFC 8259, section 9, lets a reader limit depth"
    return factory.sent(case.name, body, requirement, Expect.EITHER, note)


def _mebibyte(factory: CaseFactory) -> Case:
    """Return the case of a body of 1 MiB, by a long user ID where there is one."""

    def filled(text: str) -> dict[str, Any]:
        return factory.with_user(text) if factory.user is not None else {**factory.with_user(""), EXTRA: text}

    value = filled(factory.users.filled(LARGEST_BODY - len(to_json(filled("")))))
    case = factory.case("body/one-mebibyte", value, "A body of 1 MiB")
    if case.expect is Expect.KEPT:
        requirement = "A body of 1 MiB is accepted, or refused for its size"
        note = "HTTP lets a server limit sizes (RFC 9110, section 15.5.14)"
        case = replace(case, requirement=requirement, expect=Expect.EITHER, note=note)
    return replace(case, http_statuses=_TOO_LARGE)
