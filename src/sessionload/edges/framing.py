"""Where a response begins and ends, and the little of it that is judged.

Law: what frames a response is bounded, and nothing is kept of it but status, two fields and body. Idea:
llhttp calls back for each part; what cannot be accepted is raised out of a callback, with its
cause. Trap: an interim answer (1xx) is a whole message too, fields may follow a body, and a name or
value may come in many parts.
"""

from __future__ import annotations

from geventhttpclient._parser import HTTPParseError, HTTPResponseParser

NotHttp = HTTPParseError
"""Raised by `feed` for bytes that are not a response."""

HEAD_LIMIT = 64 * 1024
_FIELD_LIMIT = 100

EXTRA = "more bytes came after the end of the response"
MALFORMED = "what came back is not HTTP/1.1"
TOO_LARGE_HEAD = f"the head is larger than {HEAD_LIMIT:,} bytes"


class Unacceptable(Exception):  # noqa: N818  # it carries a judgement out of a callback of the parser
    """A response that goes over a bound; `cause` and `message` are those of a `Fault`."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.message = message


class Framing(HTTPResponseParser):
    """Events of llhttp, kept to what is judged: status, two fields, the body, and where it ended."""

    def __init__(self, body_limit: int) -> None:
        super().__init__()
        self.body = bytearray()
        self.content_type: str | None = None
        self.content_encoding: str | None = None
        self.head_done = False
        self.complete = False
        self._body_limit = body_limit
        self._fields = -1  # the first field ends one that never began
        self._name = ""
        self._value = ""
        self._in_value = True

    def _on_message_begin(self) -> None:
        if self.complete:
            raise Unacceptable("protocol/extra_bytes", EXTRA)

    def _on_status(self, _: str) -> None:
        pass

    def _on_header_field(self, text: str) -> None:
        if self._in_value:
            self._end_field()
            self._name = text
            self._in_value = False
        else:
            self._name = _longer(self._name, text)

    def _on_header_value(self, text: str) -> None:
        if self._in_value:
            self._value = _longer(self._value, text)
        else:
            self._value = text
            self._in_value = True

    def _end_field(self) -> None:
        self._fields += 1
        if self._fields > _FIELD_LIMIT:
            raise Unacceptable("protocol/too_many_fields", f"the head has more than {_FIELD_LIMIT} fields")
        if self.head_done:
            return  # a field after the body: nothing is judged by it
        name = self._name
        if len(name) == 12 and name.lower() == "content-type":
            self.content_type = (
                self._value if self.content_type is None else f"{self.content_type}, {self._value}"
            )
        elif len(name) == 16 and name.lower() == "content-encoding":
            self.content_encoding = self._value

    def _on_headers_complete(self) -> bool:
        self._end_field()
        code = self.get_code()
        if code < 100:
            raise Unacceptable("protocol/malformed", MALFORMED)
        self.head_done = code >= 200
        return False

    def _on_body(self, data: bytearray) -> None:
        self.body += data
        if len(self.body) > self._body_limit:
            raise Unacceptable(
                "protocol/body_too_large", f"the body is larger than {self._body_limit:,} bytes"
            )

    def _on_message_complete(self) -> None:
        if self.head_done:
            self.complete = True
        else:  # an interim 1xx answer: the final one follows on the same connection
            self._name = self._value = ""
            self._in_value = True
            self._fields = -1
            self.content_type = self.content_encoding = None


def _longer(text: str, part: str) -> str:
    """Return a field's name or value with its next part, refused when no head could hold it."""
    if len(text) + len(part) > HEAD_LIMIT:
        raise Unacceptable("protocol/head_too_large", TOO_LARGE_HEAD)
    return text + part
