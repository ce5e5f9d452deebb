"""The pattern of a user ID: literal text with fields that an arrival's number fills in.

The same number, run and seed give the same ID. A pattern is read once into a `%` template, so that an ID
costs one formatting. `str.format` would also take `{n.__class__}` and `{n!r}`; here only the listed fields
are fields, and everything else in braces is refused before any traffic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from sessionload.errors import ValueProblem, nearest, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

_FIELDS = ("n", "run", "uuid")
_TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]")
_FIELD = re.compile(r"\{([^:!]*)(.*)\}", re.DOTALL)
_NUMBER = re.compile(r":(?:0([1-9][0-9]?))?[dx]")
_WIDEST = 40
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that was read: a `%` template, and which of `n`, `run` and `uuid` it has fields for."""

    template: str
    fields: frozenset[str]

    def compile(self, seed: int) -> Callable[[int], str]:
        """Return the function from an arrival's number to its user ID; it has no state."""
        template = self.template
        if "uuid" in self.fields:
            uuid_of = uuids(seed)
            return lambda index: template % {"n": index, "uuid": uuid_of(index)}
        if "n" in self.fields:
            return lambda index: template % {"n": index}
        fixed = template % {}
        return lambda _index: fixed


def read_pattern(text: str, run_id: str) -> Pattern:
    """Read the `id` of a scenario's users.

    `{n}` is the arrival's number, `{n:08d}` the same with at least 8 digits, `{n:x}` and `{n:08x}` in
    hexadecimal; `{run}` is the run ID; `{uuid}` is shaped like a random UUID and follows from seed and
    number; `{{` and `}}` are braces. Raises `ValueProblem` for anything else.
    """
    pieces, fields = [], set()
    for token in _TOKEN.finditer(text):
        piece = token[0]
        if piece in ("{{", "}}"):
            pieces.append(piece[0])
        elif piece in ("{", "}"):
            place = token.start() + 1
            raise ValueProblem(
                f"the pattern {quoted(text)} has a '{piece}' without its partner at character {place}",
                f"write '{piece * 2}' for a brace that is meant as text",
            )
        elif field := _FIELD.fullmatch(piece):
            name, form = field[1], field[2]
            pieces.append(_placeholder(name, form, run_id))
            fields.add(name)
        else:
            pieces.append(_literal(piece))
    return Pattern("".join(pieces), frozenset(fields))


def uuids(seed: int) -> Callable[[int], str]:
    """Return the function from an arrival's number to a UUID of version 4's shape (RFC 9562).

    Its 122 free bits are a BLAKE2b digest of seed and number, so no two in a run are equal in practice.
    """
    digest = digests("uuid", seed, 16)

    def uuid_of(index: int) -> str:
        text = digest(index).hex()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:]}"

    return uuid_of


def digests(purpose: str, seed: int, size: int) -> Callable[[int], bytes]:
    """Return the function from a number to the `size` bytes of BLAKE2b("purpose/seed/number")."""
    prefix_hash = blake2b(f"{purpose}/{seed}/".encode(), digest_size=size)

    def digest(index: int) -> bytes:
        state = prefix_hash.copy()
        state.update(b"%d" % index)
        return state.digest()

    return digest


def _placeholder(name: str, form: str, run_id: str) -> str:
    if name not in _FIELDS:
        raise ValueProblem(
            f"{quoted(f'{{{name}}}')} is not a field of a user ID",
            f"{nearest(name, _FIELDS)} (for a brace that is meant as text, write '{{{{' or '}}}}')",
        )
    if name != "n" and form:
        raise ValueProblem(
            f"{quoted(f'{{{name}{form}}}')} has a format, and only {{n}} can have one", f"write {{{name}}}"
        )
    if name == "run":
        return _literal(run_id)
    if name == "uuid":
        return "%(uuid)s"
    if not form:
        return "%(n)d"
    number = _NUMBER.fullmatch(form)
    if not number or int(number[1] or 1) > _WIDEST:
        raise ValueProblem(f"{quoted(f'{{n{form}}}')} has an unknown format", _number_hint(form))
    return f"%(n){form[1:]}"


def _number_hint(form: str) -> str:
    width = re.search(r"[0-9]+", form)
    if not width or len(width[0]) > 2 or not 1 <= int(width[0]) <= _WIDEST:
        return f"write {{n}}, {{n:08d}} or {{n:08x}}, with 1 to {_WIDEST} digits"
    return f"did you mean {{n:0{int(width[0])}{'x' if 'x' in form.lower() else 'd'}}}?"


def _literal(text: str) -> str:
    return text.replace("%", "%%")
