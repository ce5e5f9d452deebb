"""What the head of a request has to show: the API key, further keys, and the parameters of the document.

The API key is compared exactly, with what the document wants before it. Another key that the environment
gives is compared too; one that only the document asks for has to be there, and so have required parameters,
which have to fit their schema, as an optional one has to that is there. A turn shows its session key in
`authorization`, whatever header carries the API key.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from sessionload.contract.document.header_fields import OWNED
from sessionload.contract.document.placeholder import fill
from sessionload.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.contract.contract import Contract
    from sessionload.contract.request.parameters import Parameter
    from sessionload.secret import Secret
    from sessionload.stub.responses import ReceivedRequest

_AUTHORIZATION = b"authorization"
_COOKIE = b"cookie"
_MOST_REMEMBERED = 1_000


class HeadRule:
    """Judges the heads of requests of one operation."""

    def __init__(
        self, key: Secret, contract: Contract | None = None, secrets: Mapping[str, Secret] | None = None
    ) -> None:
        """Expect `key`, and what `contract` asks for beside it; `secrets` are those of its headers."""
        request = contract.request if contract else None
        field = request.security.key if request else None
        self._header = field.name.encode() if field else _AUTHORIZATION
        self._prefix = field.prefix.encode() if field else b""
        self.key = key.reveal().encode("ascii")
        self.expected = self._prefix + self.key
        """The whole value of the header that carries the API key."""
        self._secrets = _further_keys(contract, secrets or {}) if contract else {}
        self._present = (
            frozenset(name.encode() for name in request.security.further) if request else frozenset()
        )
        self._parameters = tuple(_asked_for(contract)) if contract else ()
        self._fault_of = lru_cache(_MOST_REMEMBERED)(self._judge)
        named = (parameter.name.encode() for parameter in self._parameters if parameter.location == "header")
        self.field_names = frozenset(
            {_AUTHORIZATION, _COOKIE, self._header, *self._secrets, *self._present, *named}
        )
        """The header fields that are looked at, in lower case."""

    def authorization(self, request: ReceivedRequest) -> bytes | None:
        """Return the value of the header that carries the API key, if it is there."""
        return request.fields.get(self._header)

    def shows_key(self, request: ReceivedRequest) -> bool:
        """Tell whether the API key is there, as the document wants it."""
        return request.fields.get(self._header) == self.expected

    def shows_further_keys(self, request: ReceivedRequest) -> bool:
        """Tell whether the other keys are there."""
        fields = request.fields
        return all(fields.get(name) == value for name, value in self._secrets.items()) and all(
            map(fields.get, self._present)
        )

    def session_key(self, request: ReceivedRequest) -> bytes:
        """Return the session key that a turn shows."""
        return request.fields.get(_AUTHORIZATION, b"").removeprefix(self._prefix)

    def fault_of_parameters(self, request: ReceivedRequest) -> str:
        """Return a sentence about the first parameter that is missing or does not fit, or ''."""
        if not self._parameters:
            return ""
        given = {
            "query": _query(request.url),
            "cookie": _cookies(request.fields.get(_COOKIE, b"")),
            "header": {name.decode("latin-1"): [_text(value)] for name, value in request.fields.items()},
        }
        for index, parameter in enumerate(self._parameters):
            texts = given[parameter.location].get(parameter.name)
            if texts is not None:
                fault = self._fault_of(index, tuple(texts))
            else:
                fault = f"{parameter.label} is missing" if parameter.required else ""
            if fault:
                return fault
        return ""

    def _judge(self, index: int, texts: tuple[str, ...]) -> str:
        """Return a sentence if no reading of the texts fits the parameter: a text by itself, or a list."""
        listed = list(texts) if len(texts) > 1 else texts[0].split(",")
        sentence = ""
        for value in (*texts[: len(texts) == 1], listed):
            try:
                self._parameters[index].refuse_misfit(value)
            except InputError as error:
                sentence = sentence or error.message
            else:
                return ""
        return sentence


def _further_keys(contract: Contract, secrets: Mapping[str, Secret]) -> dict[bytes, bytes]:
    """Return the values of the headers that carry keys beside the API key, as the environment gives them."""
    request = contract.request
    return {
        name.encode(): fill(value, None, secrets).encode()
        for name, value in request.headers
        if name in request.security.headers
    }


def _asked_for(contract: Contract) -> Iterator[Parameter]:
    """Yield the parameters that a request may be judged by: not those of the path, of HTTP or of a key."""
    for parameter in contract.request.parameters:
        is_key = parameter.name in contract.request.security.headers
        if parameter.location != "path" and not (
            parameter.location == "header" and (is_key or parameter.name in OWNED)
        ):
            yield parameter


def _query(url: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(_text(url.partition(b"?")[2]), keep_blank_values=True)
    except ValueError:  # more fields than anybody needs
        return {}


def _cookies(field: bytes) -> dict[str, list[str]]:
    pairs = (pair.strip().partition("=") for pair in _text(field).split(";"))
    return {name: [value] for name, _, value in pairs}


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
