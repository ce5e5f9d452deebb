"""A schema on its own, made ready as a part of a small document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.contract.document.openapi import OpenApiDocument
from sessionload.contract.schema.schema_rule import SchemaRule

if TYPE_CHECKING:
    from collections.abc import Mapping


def rule_of(
    schema: object,
    version: str = "3.1.0",
    *,
    request: bool = False,
    schemas: Mapping[str, object] | None = None,
) -> SchemaRule:
    """Return the rule of `schema`; its references lead to `schemas`, as to `#/components/schemas/Name`."""
    document = {"openapi": version, "components": {"schemas": {**(schemas or {}), "Top": schema}}}
    return SchemaRule(OpenApiDocument(document, "api.yaml"), schema, "the body", request=request)


def cause_of(rule: SchemaRule, value: object) -> str:
    """Return the cause of the violation of a value, or `ok`."""
    violation = rule.violation(value)
    return violation.cause if violation else "ok"
