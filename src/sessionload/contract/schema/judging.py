"""The work on one value: what bounds it, and what is known already.

jsonschema hands its format checker on to every schema that it comes to, so the checker of one judgement is
where all of them meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, cast

from jsonschema import FormatChecker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.exceptions import ValidationError

    Schema = Mapping[str, object]
    SchemaOrFlag = Schema | bool

_STEPS = 100_000
"""How often a schema may be applied to a value by another one that combines schemas."""


class AtWork(Protocol):
    """A validator of jsonschema, as its keywords see it."""

    format_checker: FormatChecker | None

    def evolve(self, *, schema: Schema) -> Self:
        """Return the validator for another schema."""

    def is_valid(self, instance: object) -> bool:
        """Tell whether the schema allows a value."""

    def descend(
        self,
        instance: object,
        schema: Schema,
        path: str | int | None = None,
        schema_path: str | int | None = None,
    ) -> Iterator[ValidationError]:
        """Yield what is wrong with a value by a schema inside the validator's own."""


class Undecided(Exception):  # noqa: N818 - it says what a judgement is, not what a program did
    """A value cannot be judged within the bounds."""


class Judging(FormatChecker):
    """What one judgement has used up and found out."""

    def __init__(self) -> None:
        super().__init__(formats=())
        self._steps = _STEPS
        self._known: dict[tuple[int, int], bool] = {}

    def step(self) -> None:
        """Count one step. Raises `Undecided` when there were too many."""
        self._steps -= 1
        if self._steps < 0:
            raise Undecided

    def allows(self, validator: AtWork, value: object, schema: Schema) -> bool:
        """Tell whether `schema` allows `value`; the same question about an object or array is asked once."""
        self.step()
        if not isinstance(value, (dict, list)):
            return validator.evolve(schema=schema).is_valid(value)
        question = id(schema), id(value)
        if question not in self._known:
            self._known[question] = validator.evolve(schema=schema).is_valid(value)
        return self._known[question]


def judging_of(validator: AtWork) -> Judging:
    """Return the judgement that a validator works for."""
    return cast("Judging", validator.format_checker)
