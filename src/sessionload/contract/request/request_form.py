"""What a request of one operation is made of: method, path, headers and the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.contract.document.find_operation import PLACE
from sessionload.contract.document.servers import base_path_of
from sessionload.contract.request.accept import accept_of
from sessionload.contract.request.key_field import security_of
from sessionload.contract.request.parameter_values import fill_parameters
from sessionload.contract.request.parameters import parameters_of
from sessionload.contract.request.path_values import (
    ENVIRONMENT,
    PROJECT,
    check_path_values,
    encoded,
    path_values_of,
    template_of,
)
from sessionload.contract.request.request_body import RequestBody

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.contract.document.binding import Binding
    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.contract.request.further_property import FurtherProperty


class RequestForm:
    """Makes the requests of one operation."""

    def __init__(
        self,
        document: OpenApiDocument,
        operation: Operation,
        binding: Binding,
        further: Sequence[FurtherProperty] = (),
    ) -> None:
        """Prepare everything. Raises `InputError` when no request can be made from the document."""
        self.parameters = parameters_of(document, operation)
        """All that the document lists."""
        self.method = operation.method
        self.base_path = base_path_of(document, operation, binding.base_path)
        """What stands before the paths of the document where it is served; no slash at its end."""
        self.template = self.base_path + template_of(document, operation)
        self.path_values = path_values_of(document, operation, binding)
        """What fills each place of the path template."""
        check_path_values(self.parameters, self.path_values, binding.filler)
        self.security = security_of(document, operation, binding)
        """What a request shows of who sends it."""
        values = fill_parameters(document, operation, self.parameters, binding, self.security)
        self.query = values.query
        """Percent-encoded, without its question mark."""
        self.headers = values.headers
        """The headers that parameters make; a value may hold `${NAME}` for a secret of the binding."""
        self.body = RequestBody(document, operation, binding.user, further)
        self.accept = accept_of(document, operation)
        """The value of the header `accept`."""
        self.session_places: Mapping[str, str] = operation.session_places or {}
        """Which place the project and the environment fill, if this has the path of a session start."""

    def path(self) -> str:
        """Return the path to call, each value percent-encoded, with its query.

        Raises `InputError` for a value that cannot be one part of a path. The message does not repeat it.
        """
        path = PLACE.sub(lambda place: encoded(place[1], self.path_values[place[1]]), self.template)
        return f"{path}?{self.query}" if self.query else path

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """All headers that the document asks for, but those of the body; secrets are placeholders."""
        key = self.security.key
        return (*(((key.name, key.value),) if key else ()), *self.headers)

    @property
    def shown_path(self) -> str:
        """The template with its query, the project's and the environment's places under their usual names."""
        usual = {"project": PROJECT, "environment": ENVIRONMENT}
        names = {place: usual[what] for what, place in self.session_places.items()}
        path = PLACE.sub(lambda place: f"{{{names.get(place[1], place[1])}}}", self.template)
        return f"{path}?{self.query}" if self.query else path
