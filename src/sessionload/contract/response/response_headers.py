"""The headers that the document lists for a response, and whether an answer has them.

A value travels as text, and its schema says what it is read as: it is right where one of its readings is
allowed. A header that came several times is one list with commas, as HTTP has it. A cause has the name that
the document has, and nothing of the answer. OpenAPI ignores `Content-Type` here: `content` says it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sessionload.contract.document.header_fields import FIELD_NAME
from sessionload.contract.document.media_type import read_media_type
from sessionload.contract.document.schema_view import SchemaView
from sessionload.contract.json_data.strict_json import JsonError, parse
from sessionload.contract.response.answer_fault import AnswerFault
from sessionload.contract.schema.schema_rule import SchemaRule
from sessionload.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.contract.schema.violation import Violation

NO_HEADERS: Mapping[str, str] = {}
_IGNORED = "content-type"
_DEEPEST = 3
"""How many names a cause has after its keyword at most, that of the header included."""
_SCALARS = frozenset({"integer", "number", "boolean"})
_ALL = _SCALARS | {"array", "object"}
_OPEN = frozenset({"$ref", "anyOf", "const", "enum", "if", "not", "oneOf"})
"""Keywords of a schema that may mean any type, though it names none."""
_ANNOTATIONS = frozenset({"type", "title", "description", "example", "examples", "default", "deprecated"})
_PLAIN = {"string": "", "integer": r"\s*-?\d{1,15}\s*", "boolean": r"\s*(?:true|false)\s*"}
"""What is right without asking a schema that says no more than a type; nothing for what always is."""
_MOST_REMEMBERED = 256
_LONGEST_REMEMBERED = 100
_ZEROS = re.compile(r"\A(-?)0+(?=\d)")
"""HTTP has numbers that begin with zeros; JSON has none."""


class HeaderRule:
    """One header of one response."""

    def __init__(self, document: OpenApiDocument, name: str, node: Mapping[str, Any], where: str) -> None:
        """Prepare it. Raises `InputError` when it cannot be judged."""
        self.name = name
        self.key = name.lower()
        """Its name as the headers of an answer have it."""
        self.node = node
        self.required = node.get("required") is True
        label = f"the header {quoted(name)} of {where}"
        if not FIELD_NAME.fullmatch(name):
            raise document.refusal(
                "bad-contract",
                f"{label} has a name that no header can have",
                hint="write it in letters, digits and hyphens",
                at=node,
            )
        if node.get("style", "simple") != "simple":
            raise document.refusal(
                "bad-contract",
                f"{label} is written in a style that OpenAPI does not have for headers",
                hint="leave the style out: 'simple' is the only one",
                at=node,
                key="style",
            )
        content = document.follow(node.get("content", {}), f"the content of {label}", at=node, key="content")
        self._is_json = any(read_media_type(str(text)).is_json for text in content)
        holder = next(
            (document.follow(media, label, at=content, key=text) for text, media in content.items()), node
        )
        self.schema = holder.get("schema", {})
        whole = {"type": "object", "properties": {name: self.schema}}  # so that a violation has the name
        self._rule = SchemaRule(document, whole, label)
        self._missing = AnswerFault(f"header/missing/{name}", f"the answer lacks the header {name}")
        self._not_json = AnswerFault(f"header/json/{name}", f"the header {name} is not JSON")
        self._explode = node.get("explode") is True
        view = SchemaView(document)
        schema = view.resolved(self.schema)
        named = view.types_of(schema)
        facts = view.facts(schema)
        plain = _PLAIN.get(named[0]) if len(named) == 1 and _ANNOTATIONS.issuperset(facts) else None
        self._is_any = plain == "" and not self._is_json
        self._is_plain = re.compile(plain, re.ASCII).fullmatch if plain and not self._is_json else None
        self._right: set[str] = set()
        """Some values that are known to be right, since a schema takes a tenth of a millisecond."""
        self._types = frozenset(_ALL if not named and _OPEN.intersection(facts) else named)
        members = view.properties(schema).items()
        self._texts = {member for member, inner in members if "string" in view.types_of(inner)}

    def fault(self, text: str | None) -> AnswerFault | None:
        """Return what is wrong with its value in an answer, which is None where that has no such header."""
        if text is None:
            return self._missing if self.required else None
        if self._is_any or text in self._right or (self._is_plain is not None and self._is_plain(text)):
            return None
        fault = self._fault_of_text(text)
        if fault is None and len(self._right) < _MOST_REMEMBERED and len(text) <= _LONGEST_REMEMBERED:
            self._right.add(text)
        return fault

    def _fault_of_text(self, text: str) -> AnswerFault | None:
        try:
            readings = [parse(text.encode())] if self._is_json else self._readings(text.strip())
        except JsonError:
            return self._not_json
        found: list[Violation] = []
        for reading in readings:
            violation = self._rule.violation({self.name: reading})
            if violation is None:
                return None
            found.append(violation)
        shown = max(found, key=lambda violation: (violation.keyword != "type", len(violation.names)))
        cause = "/".join(("header", shown.keyword, *shown.names[:_DEEPEST]))
        return AnswerFault(cause, f"a header breaks the contract: {shown.sentence}")

    def text(self, value: object) -> str:
        """Return a value as it is written in the header: what `fault` reads."""
        if self._is_json or isinstance(value, bool | int | float | None):
            return json.dumps(value)
        if isinstance(value, dict):
            between = "=" if self._explode else ","
            return ",".join(f"{name}{between}{self.text(member)}" for name, member in value.items())
        return ",".join(map(self.text, value)) if isinstance(value, list) else str(value)

    def _readings(self, text: str) -> Iterator[object]:
        """Yield what a value of the style `simple` may be: text, number, list, object."""
        if self._types & _SCALARS:
            yield _number(text)
        yield text
        items = [item.strip() for item in text.split(",")] if text else []
        if "array" in self._types:
            yield items
            yield [_number(item) for item in items]
        if "object" in self._types:
            pairs = _around_equals(items) if self._explode else zip(items[::2], items[1::2], strict=False)
            yield {name: value if name in self._texts else _number(value) for name, value in pairs}


class ResponseHeaders:
    """The headers of one response."""

    def __init__(self, rules: tuple[HeaderRule, ...]) -> None:
        self.rules = rules
        self.names = frozenset(rule.key for rule in rules)

    def fault(self, headers: Mapping[str, str]) -> AnswerFault | None:
        """Return the first thing that is wrong with the headers of an answer, their names in lower case."""
        faults = (rule.fault(headers.get(rule.key)) for rule in self.rules)
        return next((fault for fault in faults if fault is not None), None)


def headers_of(document: OpenApiDocument, node: Mapping[str, Any], what: str) -> ResponseHeaders | None:
    """Return the headers of a response `node`; None where it lists none. Raises `InputError`."""
    listed = document.follow(node.get("headers", {}), f"the headers of {what}", at=node, key="headers")
    rules = tuple(
        HeaderRule(
            document,
            str(name),
            document.follow(header, f"a header of {what}", at=listed, key=name),
            what,
        )
        for name, header in listed.items()
        if str(name).lower() != _IGNORED
    )
    return ResponseHeaders(rules) if rules else None


def _around_equals(items: list[str]) -> Iterator[tuple[str, str]]:
    for item in items:
        name, equals, value = item.partition("=")
        if equals:
            yield name, value


def _number(text: str) -> object:
    """Return the number, `true` or `false` that a text spells, or the text."""
    try:
        number = parse(_ZEROS.sub(r"\1", text).encode())
    except JsonError:
        return text
    return number if isinstance(number, int | float) else text
