"""Cases about the body of a request as a whole: its bytes, its form and its media type.

Law: what is not JSON in UTF-8 is refused, and so is what the schema does not allow. Idea: one valid body
with one thing changed. Trap: JSON leaves two things open, a leading byte order mark and a name that comes
twice (RFC 8259, sections 8.1 and 4): a server may take them or refuse them, and only failing over them is
wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.contract.operation import USER_ID
from sessionload.suite.cases.case import Case, CaseRequest, Expect
from sessionload.suite.cases.case_factory import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.suite.cases.case_factory import CaseFactory

EXTRA = "sessionloadCheck"
"""A property that no document declares."""

_NESTED = 10_000
_MEBIBYTE = 1 << 20
_OTHER_TYPE = "text/plain"


def body_cases(bench: CaseFactory) -> Iterator[Case]:
    """Yield the cases, in a fixed order."""
    whole = to_json(bench.valid("body"))
    yield _missing(bench)
    yield bench.sent(
        "body/truncated", whole[:-1], "A body that ends before its JSON does is refused", Expect.REFUSED
    )
    yield bench.sent("body/not-json", b"user " + whole, "A body that is not JSON is refused", Expect.REFUSED)
    yield bench.case("body/array", [bench.valid("array")], "An array around the body")
    yield bench.sent(
        "body/not-utf-8",
        whole[:-2] + b"\xff" + whole[-2:],
        "A body that is not valid UTF-8 is refused",
        Expect.REFUSED,
    )
    yield bench.sent(
        "body/byte-order-mark",
        b"\xef\xbb\xbf" + whole,
        "A byte order mark before the JSON is ignored or refused",
        Expect.EITHER,
        "RFC 8259, section 8.1, lets a reader choose",
    )
    yield bench.sent(
        "body/duplicate-names",
        to_json(bench.valid("first"))[:-1] + b"," + to_json(bench.valid("second"))[1:],
        "An object that has a name twice is read in some way or refused",
        Expect.EITHER,
        "RFC 8259, section 4, leaves open what a reader makes of it",
    )
    yield _nested(bench)
    yield _mebibyte(bench)
    yield bench.case(
        "body/extra-property", {**bench.valid("extra"), EXTRA: True}, "A property that is not declared"
    )
    if not bench.body.media_types & {_OTHER_TYPE, "text/*", "*/*"}:
        law = f"A body that is called {_OTHER_TYPE} is refused: the document does not list that media type"
        yield Case(
            "body/media-type",
            "body",
            law,
            bench.request(to_json(bench.valid("type")), _OTHER_TYPE),
            Expect.REFUSED,
        )


def _missing(bench: CaseFactory) -> Case:
    if bench.body.required:
        law = "A request without a body is refused: the document requires one"
        return bench.sent("body/missing", b"", law, Expect.REFUSED)
    law = "A request without a body is accepted: the document does not require one"
    bare = bench.bare
    return Case("body/missing", "body", law, CaseRequest(bare.method, bare.path, bare.headers), Expect.KEPT)


def _nested(bench: CaseFactory) -> Case:
    """Return the case of a value, the user ID where there is one, that nests deeper than any reader needs."""
    inner: list[object] = []
    shallow = bench.with_user([inner]) if USER_ID in bench.properties else [inner]
    body = to_json(shallow).replace(b"[[]]", b"[" * _NESTED + b"]" * _NESTED)
    return bench.large_case("body/deeply-nested", shallow, body, f"A value inside {_NESTED:,} arrays")


def _mebibyte(bench: CaseFactory) -> Case:
    """Return the case of a body of 1 MiB, by a long user ID where there is one."""
    value = bench.with_user("")
    value |= {} if USER_ID in bench.properties else {EXTRA: ""}
    name = USER_ID if USER_ID in bench.properties else EXTRA
    value[name] = bench.users.of_length(_MEBIBYTE - len(to_json(value)))
    case = bench.case("body/one-mebibyte", value, "A body of 1 MiB")
    if case.expect is Expect.REFUSED:
        return case
    law = "A body of 1 MiB is accepted, or refused for its size"
    return bench.sent(case.name, case.request.body, law, Expect.EITHER, "HTTP lets a server limit sizes")
