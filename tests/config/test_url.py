"""Which addresses a key may be sent to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config.url import Url
from sessionload.errors import ValueProblem
from sessionload.stub.settings import is_loopback


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://a.example", ("https://a.example", "a.example", 443, True)),
        ("https://a.example/", ("https://a.example", "a.example", 443, True)),
        ("https://A.Example:443", ("https://a.example", "a.example", 443, True)),
        ("https://a.example:8443", ("https://a.example:8443", "a.example", 8443, True)),
        (
            "https://xn--bcher-kva.example",
            ("https://xn--bcher-kva.example", "xn--bcher-kva.example", 443, True),
        ),
        ("https://10.0.0.7", ("https://10.0.0.7", "10.0.0.7", 443, True)),
        ("HTTPS://a.example", ("https://a.example", "a.example", 443, True)),
        ("Http://LOCALHOST:80", ("http://localhost", "localhost", 80, False)),
        ("https://a.example.", ("https://a.example", "a.example", 443, True)),
        ("https://a.example.:8443/", ("https://a.example:8443", "a.example", 8443, True)),
        ("http://127.0.0.1.", ("http://127.0.0.1", "127.0.0.1", 80, False)),
        ("https://localhost", ("https://localhost", "localhost", 443, True)),
        ("http://localhost:8080", ("http://localhost:8080", "localhost", 8080, False)),
        ("http://127.8.9.10", ("http://127.8.9.10", "127.8.9.10", 80, False)),
        ("http://[::1]:8080/", ("http://[::1]:8080", "::1", 8080, False)),
        ("https://[2001:DB8:0:0::1]", ("https://[2001:db8:0:0::1]", "2001:db8::1", 443, True)),
    ],
)
def test_an_address_is_taken_apart(text: str, address: tuple[str, str, int, bool]) -> None:
    read = Url.parse(text)
    assert (read.url, read.host, read.port, read.tls) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://a.example", "http is for this machine only"),
        ("http://localhost.example", "http is for this machine only"),
        ("http://10.0.0.7", "whoever is on the way"),
        ("http://0.0.0.0", "no single server"),
        ("https://[::]", "no single server"),
        ("https://224.0.0.1", "no single server"),
        ("https://169.254.169.254", "secrets of a cloud machine"),
        ("https://[fe80::1]", "secrets of a cloud machine"),
        ("https://[fd00:ec2:0::254]", "secrets of a cloud machine"),
        ("https://metadata.google.internal", "secrets of a cloud machine"),
        ("http://[::ffff:127.0.0.1]", "write it as 127.0.0.1"),
        ("https://[::ffff:169.254.169.254]", "in disguise"),
        ("http://127.1", "not a whole IP address"),
        ("http://0x7f.1", "not a whole IP address"),
        ("http://0x7f000001", "not a whole IP address"),
        ("http://127.0.0.01", "not a whole IP address"),
        ("http://[::1", "not an address of a server"),
        ("http://[1:2]", "not a whole IP address"),
        ("https://a..example", "not a name of the DNS"),
        ("https://a.example..", "not a name of the DNS"),
        ("https://.", "not a name of the DNS"),
        ("https://metadata.google.internal.", "secrets of a cloud machine"),
        ("HTTP://a.example", "http is for this machine only"),
        ("https://-a.example", "not a name of the DNS"),
        ("https://" + "a" * 64, "not a name of the DNS"),
        ("https://" + "a." * 130 + "a", "not a name of the DNS"),
        ("https://:443", "not an address of a server"),
        ("https://a.example:", "not an address of a server"),
        ("https://a.example:\u0661", "printable ASCII"),
        ("https://a.example:000001234567", "not an address of a server"),
        ("https:\\\\a.example", "begins with https://"),
        ("https://a.example\\b", "not an address of a server"),
        ("https://a.example//", "a base path has"),
        ("https://me@a.example", "up to the @"),
        ("https://a.example#b", "a query or fragment"),
        (" https://a.example", "printable ASCII"),
        ("https://a.example\n", "printable ASCII"),
        ("https://a.example:0", "from 1 to 65535"),
        ("https://a.example:99999", "from 1 to 65535"),
    ],
)
def test_anything_else_is_refused_without_repeating_it(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Url.parse(text)
    assert reason in str(caught.value)
    assert text.strip() not in str(caught.value)


@given(st.from_regex(r"http://[0-9a-z.\[\]:@]{1,20}", fullmatch=True))
def test_plain_http_never_leaves_this_machine(text: str) -> None:
    try:
        read = Url.parse(text)
    except ValueError:
        return
    assert is_loopback(read.host)


INSIDE = [
    "http://10.0.0.7",
    "http://172.16.0.1:8080",
    "http://172.31.255.254",
    "http://192.168.1.20:3000/base",
    "http://[fd12:3456::1]:8080",
    "http://runtime.internal",
    "http://runtime.shop.svc:8080",
    "http://runtime.shop.svc.cluster.local",
    "http://runtime.shop.svc.",
]
OUTSIDE = [
    "http://runtime.example",
    "http://9.255.255.255",
    "http://172.32.0.1",
    "http://192.169.0.1",
    "http://192.0.2.1",
    "http://[2001:db8::1]",
    "http://internal",
    "http://runtime.internal.example",
    "http://runtimesvc",
    "http://svc.example",
]


@pytest.mark.parametrize("text", INSIDE)
def test_inside_a_network_http_has_to_be_allowed(text: str) -> None:
    assert not Url.parse(text, plain_http=True).tls
    with pytest.raises(ValueProblem, match="plain_http: allowed") as caught:
        Url.parse(text)
    assert "can read the key" in caught.value.message


@pytest.mark.parametrize("text", OUTSIDE)
@pytest.mark.parametrize("plain_http", [False, True])
def test_outside_of_it_http_is_never_allowed(text: str, plain_http: bool) -> None:  # noqa: FBT001
    with pytest.raises(ValueProblem, match="http is for this machine only"):
        Url.parse(text, plain_http=plain_http)


@pytest.mark.parametrize(
    "text", ["http://169.254.169.254", "http://[fd00:ec2::254]", "http://metadata.google.internal"]
)
def test_what_hands_out_secrets_is_no_network_of_ours(text: str) -> None:
    with pytest.raises(ValueProblem, match="hands out the secrets"):
        Url.parse(text, plain_http=True)
