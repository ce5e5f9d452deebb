"""The formats that are checked, held against their standards."""

# ruff: noqa: E501 - one row for each format
from __future__ import annotations

import pytest

from sessionload.contract.schema.formats import FORMATS

VALID: dict[str, list[object]] = {
    "byte": ["", "YQ==", "YWI=", "YWJj", "+/+/"],
    "date": ["1963-06-19", "2024-02-29", "0000-02-29"],
    "date-time": [
        "1963-06-19T08:30:06.283185Z",
        "1985-04-12t23:20:50.5z",
        "1990-12-31T23:59:60Z",
        "1990-12-31T15:59:60.123-08:00",
        "2026-01-01T00:00:00+05:30",
    ],
    "double": [1.5, 1e308],
    "duration": ["P4DT12H30M5S", "P1Y", "PT0S", "P2W", "PT36H", "P1Y2M3D", "P1YT1S"],
    "email": ["joe.bloggs@example.com", "a~b+c@x", '"a b\\""@example.com', "a@[127.0.0.1]", "a@[IPv6:::1]"],
    "float": [0.1, -3.4e38, 10],
    "hostname": ["www.example.com", "a", "0-1.example", "xn--4gbwdl.xn--wgbh1c", "a" * 63],
    "int32": [-(1 << 31), (1 << 31) - 1, 3.0],
    "int64": [-(1 << 63), (1 << 63) - 1],
    "ipv4": ["192.168.0.1", "0.0.0.0"],
    "ipv6": ["::1", "::ffff:192.168.0.1", "1:2:3:4:5:6:7:8"],
    "json-pointer": ["", "/", "/foo//bar~0/baz~1/%a", "/a\n"],
    "regex": ["([abc])+\\s+$", "(?<name>a)", "\\p{L}"],
    "time": ["08:30:06Z", "08:30:06.5+00:20", "01:29:60+01:30", "23:59:60Z", "15:59:60-08:00"],
    "uri": [
        "http://foo.bar/?baz=qux#quux",
        "http://user:pass@[2001:db8::7]:80/a%20b",
        "urn:isbn:1",
        "mailto:a@b",
        "http://[v1.a:b]/",
        "a:",
        "file:///x",
    ],
    "uri-reference": ["", "/abc", "//foo.bar/?q", "abc:d", "a/b:c", "#f?/", "?a"],
    "uuid": ["2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"],
}
INVALID: dict[str, list[object]] = {
    "byte": ["YQ", "YQ=", "a b=", "YQ==YQ==", "é===", "_-_-", "YQ==\n"],
    "date": ["1963-6-19", "2026-02-29", "2026-13-01", "06/19/1963", "1963-06-1\u09ea", "2026-01-01\n", "20260101"],
    "date-time": ["1990-02-31T15:59:59Z", "1963-06-19 08:30:06Z", "1963-06-19T08:30:06", "1998-12-31T22:59:60Z", ""],
    "duration": ["P", "PT", "P1", "PT1D", "P1D2H", "P2S", "P1Y2W", "P1YT", "P1Y1D", "PT1H1S", "p1d", "P1D\n"],
    "email": ["2962", "a@", "@b", ".a@b", "a.@b", "a..b@c", "a@b..c", "a@[127.0.0.300]", f"{'a' * 65}@b", "a@b\n"],
    "float": [1e39],
    "hostname": ["", "-a", "a-", ".", "a..b", "a_b", "a" * 64, ".".join(["a" * 63] * 4), "a.", "é", "a\n"],
    "int32": [1 << 31, -(1 << 31) - 1, 1.5],
    "int64": [1 << 63, 1e300],
    "ipv4": ["127.0.0.0.1", "256.1.1.1", "127.0", "087.10.0.1", "1\u09ea.0.0.1", "127.0.0.1/8"],
    "ipv6": ["12345::", "::1%eth0", "1:2:3:4:5:6:7", "::1/64", ""],
    "json-pointer": ["a", "/~", "/~2", "#/a"],
    "regex": ["^(abc]", "\\Z", "(?P<name>a)"],
    "time": ["08:30:06", "24:00:00Z", "08:60:06Z", "08:30:61Z", "22:59:60Z", "08:30:06 PST", "8:30:06Z", "01:01:01Z\n"],
    "uri": ["//foo.bar/", "/abc", "\\\\WINDOWS\\fileshare", "bar,:b", "http://a b", "http://a%2", "http://[::1", "http://a:b/", "1a:b", "http://é", "a:\n"],
    "uri-reference": ["\\\\WINDOWS", "#a\\b", "1a:b", ":a", "a b", "?a b", "//[1]/"],
    "uuid": ["2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g", ""],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_is_of_a_format(name: str) -> None:
    assert [value for value in VALID[name] if not FORMATS[name](value)] == []


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_is_not_of_a_format(name: str) -> None:
    assert [value for value in INVALID.get(name, []) if FORMATS[name](value)] == []


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_format_says_nothing_of_other_types(name: str) -> None:
    others: list[object] = [None, True, [], {}]
    others.append("x" if name in {"int32", "int64", "float", "double"} else 1)
    assert all(FORMATS[name](value) for value in others)


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize(
    "text", ["a" * 65536, "1" * 65536, "a." * 32768, "%61" * 20000, "/" * 65536 + "~", '"' + "\\" * 65536]
)
def test_a_long_text_is_judged_soon(name: str, text: str) -> None:
    """An expression that takes more than linear time would not end within the test's own bound."""
    FORMATS[name](text)
    FORMATS[name](f"{text}\n")
