"""The parameters that a document lists for an operation, and whether a value fits one.

A value travels as text and a server reads it by the schema, so a text fits wherever it fits as it is, or as
the number, `true` or `false` that it spells; a number fits where its text does. What can be written in more
than one way (objects, nested lists, styles that few servers read) is refused by name, before any traffic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sessionload.contract.json_data.strict_json import JsonError, parse
from sessionload.contract.schema.schema_rule import SchemaRule
from sessionload.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.errors import InputError

_LABELS = {"path": "path parameter", "query": "query parameter", "header": "header", "cookie": "cookie"}
_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation; the `name` of a header is in lower case."""

    document: OpenApiDocument
    name: str
    location: str
    node: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What it is, for a message."""
        return f"the {_LABELS[self.location]} {quoted(self.name)}"

    @property
    def required(self) -> bool:
        """Whether no request may lack it."""
        return self.node.get("required") is True

    @property
    def explode(self) -> bool:
        """Whether each item of a list stands under the name again."""
        return bool(self.node.get("explode", _STYLES[self.location] == "form"))

    def texts(self, value: object) -> list[str]:
        """Return the text of a scalar, or of each item of a list. Raises `InputError` for anything else."""
        self._refuse_style()
        items = value if isinstance(value, list) else [value]
        texts = [_text(item) for item in items if isinstance(item, str | bool | int | float)]
        if not texts or len(texts) != len(items):
            message = "has a value that is no text, number, or flat list of such"
            raise self.refusal("unusable-parameter", message)
        return texts

    def refuse_misfit(self, value: object) -> None:
        """Raise `InputError` (bad-parameter) if the schema allows no reading of `value`."""
        schema = self.node.get("schema")
        if schema is None:
            return
        whole = {"type": "object", "properties": {self.name: schema}}  # so that a violation has the name
        rule = SchemaRule(self.document, whole, self.label, request=True)
        violations = [rule.violation({self.name: reading}) for reading in _readings(value)]
        if None in violations:
            return
        found = [violation for violation in violations if violation is not None]
        shown = next((violation for violation in found if violation.keyword != "type"), found[0])
        raise self.refusal("bad-parameter", f"does not allow its value: {shown.sentence}")

    def documented(self) -> list[object]:
        """Return the value that the document has for it: one, or none."""
        return list(_documented(self))[:1]

    def refusal(self, code: str, message: str, hint: str = "") -> InputError:
        """Return the error that refuses it; `message` goes on after its name."""
        cure = f"give it another value in the environment, as {self.example}"
        return self.document.refusal(code, f"{self.label} {message}", hint=hint or cure, at=self.node)

    @property
    def example(self) -> str:
        """How an environment gives its value."""
        return f"{'path' if self.location == 'path' else 'parameters'}: {{{self.name}: …}}"

    def _refuse_style(self) -> None:
        style = self.node.get("style", _STYLES[self.location])
        if style != _STYLES[self.location] or "content" in self.node:
            how = "'content'" if "content" in self.node else f"the style {quoted(str(style))}"
            raise self.refusal(
                "unusable-parameter",
                f"is written with {how}, which is not supported",
                hint=f"only a schema and the style '{_STYLES[self.location]}' are sent here",
            )


def parameters_of(document: OpenApiDocument, operation: Operation) -> tuple[Parameter, ...]:
    """Return the parameters of an operation; its own come before those of its path of the same name."""
    found: dict[tuple[str, str], Parameter] = {}
    for holder in (operation.item, operation.node):
        listed = holder.get("parameters", [])
        if not isinstance(listed, list):
            message = f"'parameters' of {operation.route} is not a list"
            hint = "write each parameter as an item of it"
            raise document.refusal("bad-contract", message, hint=hint, at=holder, key="parameters")
        for each in listed:
            node = document.follow(each, "a parameter", at=holder, key="parameters")
            name, location = str(node.get("name", "")), str(node.get("in", ""))
            if not name or location not in _LABELS:
                raise document.refusal(
                    "bad-contract",
                    f"a parameter of {operation.route} has no name, or no place that is known",
                    hint=f"write name: … and in: {', '.join(_LABELS)}",
                    at=node,
                )
            name = name.lower() if location == "header" else name
            found[name, location] = Parameter(document, name, location, node)
    return tuple(found.values())


def _documented(parameter: Parameter) -> Iterator[object]:
    """Yield the values that a document has for a parameter, the most telling first."""
    node, follow = parameter.node, parameter.document.follow
    if "example" in node:
        yield node["example"]
    examples = node.get("examples")
    if isinstance(examples, dict):
        for example in examples.values():
            named = follow(example, f"an example of {parameter.label}")
            if "value" in named:
                yield named["value"]
    schema = node.get("schema")
    if not isinstance(schema, dict):
        return
    for holder in (schema, parameter.document.follow_schema(schema, parameter.label)):
        yield from (holder[keyword] for keyword in ("default", "const", "example") if keyword in holder)
        listed = holder.get("examples")
        yield from listed if isinstance(listed, list) else ()
        allowed = holder.get("enum")
        if isinstance(allowed, list) and len(allowed) == 1:
            yield from allowed


def _readings(value: object) -> Iterator[object]:
    """Yield what a server could take a value for."""
    yield value
    for read in (_text, _number):
        yield [read(item) for item in value] if isinstance(value, list) else read(value)


def _text(item: object) -> str:
    return item if isinstance(item, str) else json.dumps(item)


def _number(item: object) -> object:
    """Return the number, `true` or `false` that a text spells, or the text."""
    try:
        number = parse(_text(item).encode())
    except (JsonError, UnicodeEncodeError):
        return item
    return number if isinstance(number, int | float) else item
