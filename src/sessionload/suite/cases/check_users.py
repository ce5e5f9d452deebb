"""User IDs of a contract check, made so that the sessions it leaves behind can be found.

An ID is a prefix, the ID of the check and the name of the case. Where the document does not allow that, it is
shorter or longer, one of those that are listed, one like the document's own example with other letters and
digits, or of the plainest kind that is allowed. Two cases never share one where the document leaves room. A
session start ends the earlier session of the same user, so an ID that is too short for the prefix consists of
tildes, which no real user is called.
"""

from __future__ import annotations

from random import Random
from string import ascii_lowercase, ascii_uppercase, digits, hexdigits
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.contract.contract import Contract

PREFIX = "sessionload-check-"
"""Every user ID of a check begins with this and the run's ID, where the document leaves room."""

_MOST_FILLED = 1 << 20
_ALPHABETS = (
    f"{ascii_lowercase}{digits}-",
    ascii_lowercase + digits,
    ascii_uppercase + digits,
    hexdigits[:16],
    ascii_lowercase,
    ascii_uppercase,
    digits,
)
_LENGTHS = (32, 24, 20, 16, *range(12, 0, -1))
"""Tried in this order, where limits leave them: the longer an ID, the less likely is it somebody's."""
_MOST_TRIES = 20
_BLOCK = 64
_KINDS = (digits, ascii_lowercase, ascii_uppercase)
_MOST_FREE = 64
_MOST_EXAMPLES = 3


class CheckUsers:
    """Makes user IDs of `shortest` to `longest` characters (None is no limit) that the document `allows`.

    `listed` are all that it allows, if it lists them; `examples` are its own.
    """

    def __init__(
        self,
        run_id: str,
        *,
        shortest: int = 0,
        longest: int | None = None,
        listed: tuple[str, ...] = (),
        examples: tuple[str, ...] = (),
        allows: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self.start = f"{PREFIX}{run_id}-"
        """What the user IDs of this run begin with."""
        self.longest = longest
        self.allows = allows
        self._run_id = run_id
        self._shortest = min(shortest, _MOST_FILLED)
        self._listed = listed
        self._examples = examples
        self._made: dict[str, str] = {}
        self._form: Callable[[Random], str] | None = None

    @classmethod
    def of(cls, contract: Contract, run_id: str, *, room: int = 0) -> Self:
        """Return the users of the check `run_id`; `room` characters can be added to each of their names."""
        body = contract.request.body
        if body.user is None:
            return cls(run_id)
        facts = body.user_facts
        longest = facts.get("maxLength")
        return cls(
            run_id,
            shortest=int(facts.get("minLength", 0)),
            longest=longest if longest is None else int(longest) - room,
            listed=_texts([*facts.get("enum", ()), *([facts["const"]] if "const" in facts else [])]),
            examples=_texts([facts.get("example"), facts.get("default"), *facts.get("examples", ())])[
                :_MOST_EXAMPLES
            ],
            allows=body.allows_user,
        )

    def named(self, what: str) -> str:
        """Return an ID of ordinary length for the case `what`, always the same one."""
        if what not in self._made:
            self._made[what] = self._new(what)
        return self._made[what]

    def of_length(self, length: int) -> str:
        """Return an ID of exactly `length` code points: a plain one, or else one that the document allows."""
        plain = self.filled(length)
        if not self._shortest <= length <= min(self.longest or length, _MOST_FILLED) or self.allows(plain):
            return plain
        others = (_filled(alphabet, length)(_random(self.start)) for alphabet in _ALPHABETS)
        return next(filter(self.allows, others), plain)

    def filled(self, length: int, fill: str = "~") -> str:
        """Return a text of exactly `length` code points, ended with the one character `fill` repeated."""
        return self.start + fill * (length - len(self.start)) if self.findable(length) else fill * length

    def findable(self, length: int) -> bool:
        """Whether an ID of this length can carry the run's ID and still end in a character of its own."""
        return length > len(self.start)

    def _new(self, what: str) -> str:
        plain = self.start + what
        if self.longest is not None and len(plain) > self.longest:
            plain = f"{what}-{self._run_id}"[: self.longest]
        plain = plain.ljust(self._shortest, "~")
        if self._form is None and self.allows(plain):
            return plain
        if self._form is None:
            self._form = next(
                (form for form in self._forms() if self.allows(form(_random(plain)))), lambda _: plain
            )
        taken = set(self._made.values())
        user = plain
        for number in range(_MOST_TRIES):
            user = self._form(_random(f"{self.start}{what}/{number}"))
            if user not in taken and self.allows(user):
                break
        return user

    def _forms(self) -> Iterator[Callable[[Random], str]]:
        """Yield ways to make an ID, the nearest to the document first."""
        if self._listed:
            yield lambda draw: draw.choice(self._listed)
        yield from (self._like(example) for example in self._examples)
        yield lambda draw: str(UUID(int=draw.getrandbits(128), version=4))
        yield lambda draw: f"{PREFIX}{_filled(ascii_lowercase, 12)(draw)}@example.com"
        for length in (self._shortest, *_LENGTHS):
            if self._shortest <= length and (self.longest is None or length <= self.longest):
                yield from (_filled(alphabet, length) for alphabet in _ALPHABETS)

    def _like(self, example: str) -> Callable[[Random], str]:
        """Return the way to make an ID with the form of `example`: it has others where they may be."""
        free: dict[int, str] = {}
        for place, character in enumerate(example[:_MOST_FREE]):
            others = (f"{example[:place]}{other}{example[place + 1 :]}" for other in _others(character))
            if any(map(self.allows, others)):
                free[place] = next(kind for kind in _KINDS if character in kind)

        def make(draw: Random) -> str:
            return "".join(
                draw.choice(free[place]) if place in free else character
                for place, character in enumerate(example)
            )

        return make


def _others(character: str) -> tuple[str, ...]:
    """Return the first and the last character of the same kind, but for that one."""
    kind = next((kind for kind in _KINDS if character in kind), "")
    return tuple(other for other in (kind[:1], kind[-1:]) if other != character)


def _random(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - equal input gives equal cases; nothing of it is secret


def _filled(alphabet: str, length: int) -> Callable[[Random], str]:
    def make(draw: Random) -> str:
        block = "".join(draw.choices(alphabet, k=min(length, _BLOCK)))
        return (block * (length // _BLOCK + 1))[:length]

    return make


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str) and value)
