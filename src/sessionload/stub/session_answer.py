"""What a session start is answered with: made once, with a place for the key of each session.

With a document these are answers that it calls right, its error bodies among them; without one they are those
of the published endpoint. A body is kept as the two pieces around its key, so that a fault can put other JSON
into the same place of the same document.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sessionload.contract.answer_sample import AnswerSample, error_samples, success_sample
from sessionload.contract.document.binding import SESSION_KEY
from sessionload.contract.document.header_fields import OWNED
from sessionload.contract.json_data.json_places import at, put, without
from sessionload.contract.response.response_headers import NO_HEADERS
from sessionload.errors import InputError
from sessionload.stub.responses import content_type_line, refusal, response, status_line
from sessionload.stub.sessions import KeyForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sessionload.contract.contract import Contract
    from sessionload.contract.json_data.pointer import Pointer

_MARK = "\N{NULL}key\N{NULL}"
_REFUSALS = (400, 401, 404, 405)


class SessionAnswer:
    """Makes the answers of one operation."""

    def __init__(self, contract: Contract | None = None, further: Iterable[int] = ()) -> None:
        """Prepare them; `further` are the statuses of errors that are played beside the usual ones.

        Raises `InputError` when no answer could be made that the document calls right.
        """
        sample = AnswerSample(200, "application/json", {})
        self.key_form = KeyForm.USUAL
        """How the keys look that the document allows."""
        place: Pointer = SESSION_KEY
        self._errors: dict[int, AnswerSample] = {}
        if contract is not None:
            self.key_form, sample = _first_sample(contract)
            if contract.responses.session_key is not None:
                place = contract.responses.session_key.pointer
            self._errors = dict(error_samples(contract, tuple({*_REFUSALS, *further})))
        self._status, self._media_type, value, headers = sample
        self._fields = _fields(headers)
        self.head = status_line(self._status) + content_type_line(self._media_type) + self._fields
        """The beginning of the head of a success, without a length and without its end."""
        self._place = place
        self._value = put(value, place, _MARK)
        self._is_named = isinstance(at(self._value, place[:-1]), dict)
        self._before, _, self._after = _bytes(self._value).partition(_bytes(_MARK))
        self._end = b'"' + self._after
        any_key = self.key_form.value
        self._start = self.success(self.body(any_key))[: -len(any_key) - len(self._end)]
        self.no_authorization = self.refusal(
            401, "the authorization header does not carry the key that is accepted here"
        )
        self.no_project = self.refusal(404, "no such project or environment")

    def session(self, key: bytes) -> bytes:
        """Return the answer that hands out a session key of the `key_form`: the hot path."""
        return self._start + key + self._end

    def success(self, body: bytes, *, status: int = 0, media_type: str = "", fields: bytes = b"") -> bytes:
        """Return a success with any body; its status and media type are the document's unless given."""
        return response(
            status or self._status,
            body,
            content_type=media_type or self._media_type,
            fields=self._fields + fields,
        )

    def body(self, key: bytes) -> bytes:
        """Return the body that hands out a session key of plain characters."""
        return self.body_with(b'"' + key + b'"')

    def body_with(self, raw: bytes) -> bytes:
        """Return the body with any bytes in the place of the key and its quotes."""
        return self._before + raw + self._after

    def body_beside(self, key: bytes, name: str, raw: bytes) -> bytes:
        """Return the body with a further member beside the key, whatever `raw` is."""
        member = _bytes(name) + b":" + raw
        return self.body_with(b'"%b",%b' % (key, member if self._is_named else b"{" + member + b"}"))

    def body_with_two_keys(self, key: bytes, other: bytes) -> bytes:
        """Return the body with the name of the key twice in one object."""
        if self._is_named:
            return self.body_beside(key, self._place[-1], b'"' + other + b'"')
        return self.body_with(b'{"key":"%b","key":"%b"}' % (key, other))

    def body_cut_off(self) -> bytes:
        """Return the body as far as the key, which is no JSON."""
        return self._before

    def body_without_key(self, **more: str) -> bytes:
        """Return the body without its key, with `more` at the top."""
        value = without(self._value, self._place) if self._is_named else put(self._value, self._place, None)
        return _bytes(_with(value, more))

    def with_key(self, key: str, *, fields: bytes = b"", **more: str) -> bytes:
        """Return the answer that hands out any text as a key, with `more` at the top of its body."""
        return self.success(_bytes(_with(put(self._value, self._place, key), more)), fields=fields)

    def refusal(self, status: int, message: str, headers: Mapping[str, str] = NO_HEADERS) -> bytes:
        """Return an error as the document describes it, or else with `message`."""
        sample = self._errors.get(status)
        if sample is None:
            return refusal(status, message, fields=_fields(headers))
        fields = _fields({**sample.headers, **headers})
        return response(status, _bytes(sample.value), content_type=sample.media_type, fields=fields)


def _first_sample(contract: Contract) -> tuple[KeyForm, AnswerSample]:
    """Return the first form of keys that the document allows, and a success with such a key.

    Raises `InputError` when it allows none, with what is wrong with the usual one.
    """
    refusals = []
    for form in KeyForm:
        try:
            return form, success_sample(contract, form.value.decode())
        except InputError as error:
            refusals.append(error)
    raise refusals[0]


def _with(value: object, more: dict[str, str]) -> object:
    for name, text in more.items():
        value = put(value, (name,), text)
    return value


def _fields(headers: Mapping[str, str]) -> bytes:
    """Return lines of a head for what a document asks for, but for what HTTP has there anyway."""
    lines = (f"{name}: {value}\r\n" for name, value in headers.items() if name not in OWNED)
    return "".join(lines).encode()


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
