"""Where the API key goes, by what the document says of security."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.request.key_field import KeyField, Security
from sessionload.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMES: Mapping[str, Any] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "gate": {"type": "apiKey", "in": "header", "name": "X-Gate"},
    "url": {"type": "apiKey", "in": "query", "name": "key"},
    "jar": {"type": "apiKey", "in": "cookie", "name": "key"},
    "host": {"type": "apiKey", "in": "header", "name": "Host"},
    "bad": {"type": "apiKey", "in": "header", "name": "X Key"},
    "bearer": {"type": "http", "scheme": "Bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "digest": {"type": "http", "scheme": "digest"},
    "oauth": {"type": "oauth2", "flows": {}},
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://id.example"},
    "tls": {"type": "mutualTLS"},
    "later": {"type": "later"},
}
X_KEY = KeyField("x-api-key")
BEARER = KeyField("authorization", "Bearer ")


def security(*alternatives: list[str], **bound: Any) -> Security:  # noqa: ANN401 -- fields of a binding
    """Return what is made of a document with these alternatives."""
    requirements: list[dict[str, list[str]]] = [
        {name: [] for name in alternative} for alternative in alternatives
    ]
    start = {"responses": {"200": {"description": "", "content": {"application/json": {}}}}}
    document = {
        "openapi": "3.1.0",
        "security": requirements,
        "paths": {"/start": {"post": start}},
        "components": {"securitySchemes": SCHEMES},
    }
    binding = Binding("POST /start", user=None, **bound)
    return Contract.from_document(document, binding, file="mine.yaml", sha256="0").request.security


@pytest.mark.parametrize(
    ("alternatives", "field"),
    [
        ([["key"]], X_KEY),
        ([["bearer"]], BEARER),
        ([["basic"]], KeyField("authorization", "Basic ")),
        ([["oauth"]], BEARER),
        ([["oidc"]], BEARER),
        ([["oidc", "oauth"]], BEARER),
        ([["url"], ["key"]], X_KEY),
        ([["key", "gate"], ["bearer"]], BEARER),
        ([["tls", "key"]], X_KEY),
        ([[], ["key"]], X_KEY),
        ([["key"], ["bearer"]], X_KEY),
    ],
)
def test_the_key_meets_the_first_alternative_that_one_key_can_meet(
    alternatives: list[list[str]], field: KeyField
) -> None:
    found = security(*alternatives)
    assert (found.key, found.asks) == (field, True)
    assert found.key_is_optional is ([] in alternatives)


def test_the_value_of_the_header_has_the_prefix() -> None:
    assert (X_KEY.value, BEARER.value) == ("{key}", "Bearer {key}")


@pytest.mark.parametrize("alternatives", [[], [[]], [["tls"]]])
def test_where_the_document_asks_for_no_key_one_is_sent_as_authorization(
    alternatives: list[list[str]],
) -> None:
    with_key = security(*alternatives)
    assert with_key == Security(
        KeyField("authorization"), asks=False, key_is_optional=True, headers=frozenset()
    )
    assert security(*alternatives, has_key=False).key is None


def test_the_other_keys_of_an_alternative_come_from_the_headers() -> None:
    found = security(["key", "gate"], headers={"X-Gate": "${GATE}"})
    assert found.key == X_KEY
    assert found.headers == {"x-api-key", "x-gate"}
    assert security(["key"], headers={"x-api-key": "${GATE}"}, has_key=False).key is None


def test_a_server_takes_the_first_of_several_keys_and_asks_for_the_others() -> None:
    assert security(["key", "gate"], serves=True) == Security(
        X_KEY,
        asks=True,
        key_is_optional=False,
        headers=frozenset({"x-api-key", "x-gate"}),
        further=frozenset({"x-gate"}),
    )


@pytest.mark.parametrize(
    ("alternatives", "bound", "code", "text"),
    [
        ([["url"]], {}, "unusable-security", "cannot be sent in a header"),
        ([["jar"], ["url"]], {}, "unusable-security", "cannot be sent in a header"),
        ([["host"]], {}, "unusable-security", "cannot be sent in a header"),
        ([["bad"]], {}, "unusable-security", "cannot be sent in a header"),
        ([["digest"]], {}, "unusable-security", "cannot be sent in a header"),
        ([["later"]], {}, "unusable-security", "cannot be sent in a header"),
        ([["url", "key"]], {}, "unusable-security", "cannot be sent in a header"),
        ([[], ["url"]], {}, "unusable-security", "cannot be sent in a header"),
        ([["key", "gate"]], {}, "unusable-security", "2 keys at once, in the headers 'x-api-key', 'x-gate'"),
        ([["key", "gate"]], {"has_key": False}, "unusable-security", "headers: {x-gate: ${NAME}}"),
        ([["key"]], {"has_key": False}, "missing-api-key", "in the header 'x-api-key'"),
        ([["key"]], {"headers": {"x-api-key": "a"}}, "unusable-security", "takes no API key beside"),
        ([], {"headers": {"authorization": "a"}}, "unusable-security", "takes no API key beside"),
    ],
)
def test_what_one_key_cannot_meet_is_refused(
    alternatives: list[list[str]], bound: dict[str, Any], code: str, text: str
) -> None:
    with pytest.raises(InputError) as caught:
        security(*alternatives, **bound)
    assert caught.value.code == code
    assert text in str(caught.value)
    assert str(caught.value).startswith("mine.yaml: the operation 'POST /start' ")
