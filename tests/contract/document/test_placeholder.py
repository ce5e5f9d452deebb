"""Secrets are filled in where a request is sent, in one pass."""

from __future__ import annotations

import pytest

from sessionload.contract.document.placeholder import fill
from sessionload.secret import Secret

KEY = Secret("key-0123456789", name="KEY")
SECRETS = {"GATE": Secret("${KEY}{key}-gate", name="GATE"), "key": Secret("lower-key", name="key")}


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("plain", "plain"),
        ("{key}", "key-0123456789"),
        ("Bearer {key}", "Bearer key-0123456789"),
        ("${GATE}", "${KEY}{key}-gate"),
        ("a=1; b=${GATE}", "a=1; b=${KEY}{key}-gate"),
        ("${key}", "lower-key"),
        ("${OTHER}", ""),
        ("${not a name}", "${not a name}"),
    ],
)
def test_a_placeholder_is_filled_once(value: str, filled: str) -> None:
    assert fill(value, KEY, SECRETS) == filled


def test_without_secrets_nothing_is_left() -> None:
    assert fill("Bearer {key}${GATE}", None, {}) == "Bearer "
