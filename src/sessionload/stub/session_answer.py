"""What a session start is answered with: made once, with a place for the key of each session.

With a document these are answers that it calls right, its error bodies among them; without one they are those
of the published endpoint.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sessionload.contract.answer_sample import AnswerSample, error_samples, success_sample
from sessionload.contract.binding import SESSION_KEY
from sessionload.contract.json_places import put
from sessionload.stub.responses import NO_AUTHORIZATION, NO_PROJECT, refusal, response
from sessionload.stub.sessions import KEY_LENGTH

if TYPE_CHECKING:
    from sessionload.contract.contract import Contract
    from sessionload.contract.pointer import Pointer

_MARK = "k" * KEY_LENGTH
_BAD_REQUEST = 400
_REFUSALS = (_BAD_REQUEST, 401, 404)


class SessionAnswer:
    """Makes the answers of one operation."""

    def __init__(self, contract: Contract | None = None) -> None:
        """Prepare them. Raises `InputError` when no answer could be made that the document calls right."""
        self._sample = AnswerSample(200, "application/json", {})
        self._place: Pointer = SESSION_KEY
        self._errors: dict[int, bytes] = {}
        if contract is not None:
            self._sample = success_sample(contract, _MARK)
            self._place = contract.responses.session_key.pointer if contract.responses.session_key else ()
            samples = error_samples(contract, _REFUSALS)
            self._errors = {
                code: response(code, _bytes(made.value), content_type=made.media_type)
                for code, made in samples.items()
            }
        self._before, _, self._after = self.with_key(_MARK).partition(_MARK.encode())
        self.no_authorization = self._errors.get(401, NO_AUTHORIZATION)
        self.no_project = self._errors.get(404, NO_PROJECT)

    def session(self, key: bytes) -> bytes:
        """Return the answer that hands out a session key of `KEY_LENGTH` plain characters: the hot path."""
        return self._before + key + self._after

    def with_key(self, key: str, *, fields: bytes = b"", **more: str) -> bytes:
        """Return the answer that hands out any text as a key, with `more` at the top of its body."""
        status, media_type, value = self._sample
        body = put(value, self._place, key) if self._place else value
        for name, text in more.items():
            body = put(body, (name,), text)
        return response(status, _bytes(body), content_type=media_type, fields=fields)

    def refused(self, violation: str) -> bytes:
        """Return the answer to a body that breaks the document."""
        return self._errors.get(_BAD_REQUEST) or refusal(_BAD_REQUEST, violation)


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
