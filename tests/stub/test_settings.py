"""Which hosts the stub may serve."""

from __future__ import annotations

import pytest

from sessionload.secret import Secret
from sessionload.stub.settings import DEFAULT_KEY, StubSettings, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.255.254", "::1", "localhost"])
def test_loopback_is_recognized(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "::",
        "10.0.0.1",
        "128.0.0.1",
        "localhost.example",
        "example.com",
        "127.1",
        "",
        "::2",
    ],
)
def test_everything_else_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_a_stub_is_on_loopback_by_default() -> None:
    assert is_loopback(StubSettings().host)


def test_the_public_key_could_be_sent_as_a_header() -> None:
    assert Secret(DEFAULT_KEY, name="x").reveal() == DEFAULT_KEY
