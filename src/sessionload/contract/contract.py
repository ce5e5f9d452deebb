"""One operation of the OpenAPI document, made executable: what to send, and what an answer is worth.

The document decides: no schema is repeated here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sessionload.contract.document.find_operation import find_operation
from sessionload.contract.document.openapi import OpenApiDocument
from sessionload.contract.request.accept import JSON
from sessionload.contract.request.request_body import SHOWN_USER
from sessionload.contract.request.request_form import RequestForm
from sessionload.contract.response.response_rule import ResponseRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.contract.document.binding import Binding
    from sessionload.contract.request.further_property import FurtherProperty


_USUAL_BODY = f'{{"userID":"{SHOWN_USER}"}}'
"""What a result need not say."""
_MOST_UNCHECKED = 10


class Contract:
    """What one operation of the document asks of a request and of its answer."""

    def __init__(
        self,
        document: OpenApiDocument,
        binding: Binding,
        sha256: str,
        further: Sequence[FurtherProperty] = (),
    ) -> None:
        """Prepare everything. Raises `InputError` when the document cannot be used."""
        self.document = document
        self.file = document.file
        self.sha256 = sha256
        self.operation = find_operation(document, binding)
        self.request = RequestForm(document, self.operation, binding, further)
        self.responses = ResponseRule(document, self.operation, binding.session_key)
        self.judge = self.responses.judge
        """Tells what an answer is worth: see `ResponseRule.judge`."""

    @classmethod
    def from_document(
        cls,
        document: Mapping[str, Any],
        binding: Binding,
        *,
        file: str,
        sha256: str,
        further: Sequence[FurtherProperty] = (),
    ) -> Contract:
        """Return the contract of one operation of a parsed document, read from `file` with digest `sha256`.

        `further` is what requests have besides the user ID and what the document requires.
        Raises `InputError` when there is no such operation, or the document could not judge by it.
        """
        return cls(OpenApiDocument(document, file), binding, sha256, further)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """What schemas say that is not checked, such as `format 'iri' of …`: all of it, or how much more."""
        found = list(self.document.unchecked)
        more = len(found) - _MOST_UNCHECKED
        return (*found[:_MOST_UNCHECKED], *([f"{more:,} more"] if more > 0 else []))

    def describe(self) -> dict[str, Any]:
        """Return what a result says of it: enough to know the document again, and to send a request again."""
        request, key = self.request, self.request.security.key
        return {
            "file": self.file,
            "operation": self.operation.name,
            "sha256": self.sha256,
            "method": request.method,
            "path": request.shown_path,
            "header": key.name if key else "",
            **({"prefix": key.prefix} if key and key.prefix else {}),
            **({"headers": dict(request.headers)} if request.headers else {}),
            **({"body": request.body.shown} if request.body.shown != _USUAL_BODY else {}),
            **({"accept": request.accept} if request.accept != JSON else {}),
            **({"values": request.body.varied} if request.body.varied else {}),
        }
