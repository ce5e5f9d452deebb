"""What is wrong with a value, in words of the schema.

It is named by the schema and never by the value: a server cannot choose a cause, and no session key can get
into one.
"""

from __future__ import annotations

from typing import NamedTuple

_DEEPEST = 4
"""How many names a cause has at most: a schema that refers to itself must not make causes without end."""

_SENTENCES = {
    "required": "{where} is missing",
    "dependentRequired": "{where} lacks a property that another one needs",
    "type": "{where} is not of the type {types}",
    "minLength": "{where} is shorter than its minLength, {limit}",
    "maxLength": "{where} is longer than its maxLength, {limit}",
    "enum": "{where} is not one of the values listed",
    "const": "{where} is not the one value that is allowed",
    "format": "{where} is not of the format '{limit}'",
    "additionalProperties": "{where} has a property that is not listed",
    "unevaluatedProperties": "{where} has a property that is not listed",
    "false": "{where} is not allowed",
    "undecided": "{where} could not be judged within the bounds of time",
}


class Violation(NamedTuple):
    """What is wrong: the schema's keyword, the names that lead to the place, and the keyword's limit.

    Of a schema that is `false` the keyword is `false`; of a judgement that took too long it is `undecided`.
    """

    keyword: str
    names: tuple[str, ...]
    limit: object

    @property
    def cause(self) -> str:
        """A stable key, such as `body/type/sessionKey`."""
        return "/".join(("body", self.keyword, *self.names[:_DEEPEST]))

    @property
    def sentence(self) -> str:
        """One clause that says nothing that the value says."""
        where = ".".join(self.names[:_DEEPEST]) or "the body"
        form = _SENTENCES.get(self.keyword, "{where} breaks the rule '{keyword}'")
        return form.format(where=where, types=_types(self.limit), limit=self.limit, keyword=self.keyword)

    @property
    def rank(self) -> tuple[int, int, str]:
        """The shallowest comes first, then the plainest."""
        plain = ("type", "required")
        return len(self.names), plain.index(self.keyword) if self.keyword in plain else 2, self.cause


def _types(limit: object) -> str:
    return " or ".join(f"'{name}'" for name in (limit if isinstance(limit, list) else [limit]))
