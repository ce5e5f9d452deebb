"""Documents of one operation, the session start, whose request body is what a test is about."""

from __future__ import annotations

from typing import Any

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding

PATH = "/v4/project/{projectID}/environment/{environmentID}/session"
USER = {"type": "string", "minLength": 1, "maxLength": 256}
"""The user ID of the published document."""


def body_of(user: dict[str, Any], **others: Any) -> dict[str, Any]:  # noqa: ANN401 - schemas by name
    return {"type": "object", "properties": {"userID": user, **others}, "required": ["userID", *others]}


def document_of(body: Any, schemas: Any = None, **responses: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a document
    answer = {"type": "object", "properties": {"sessionKey": {"type": "string"}}, "required": ["sessionKey"]}
    return {
        "openapi": "3.0.3",
        "info": {"title": "any", "version": "1"},
        "paths": {
            PATH: {
                "post": {
                    "operationId": "startSession",
                    "security": [{"key": []}],
                    "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
                    "responses": {
                        "200": {"description": "", "content": {"application/json": {"schema": answer}}},
                        **responses,
                    },
                }
            }
        },
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "authorization"}},
            "schemas": schemas or {},
        },
    }


def contract_of(document: dict[str, Any]) -> Contract:
    return Contract.from_document(document, Binding(project="p", environment="e"), file="any.yaml", sha256="")
