"""The text of an OpenAPI document in YAML to plain data, with the parser in C where there is one.

Scalars are those of JSON, and keys are always text, so that `200:` and `'200':` are the same key. Anchors,
aliases and merge keys (`<<`) mean what they mean in YAML; an alias is the very object that its anchor names,
not a copy. Tags are refused. Places are kept only for a document that is about to be refused.

YAML 1.1 ends a line at U+0085, U+2028 and U+2029, which YAML 1.2 and OpenAPI do not. So the parser sees
stand-ins for these three.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from sessionload.config.document import plain_scalar
from sessionload.config.yaml_syntax import NO_COLON, QUOTE_HINT, syntax_error
from sessionload.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.contract.document.document_part import Part

DEEPEST = 64
"""The most lists and mappings inside each other."""
LARGEST_WRITTEN_OUT = 16 * 1024 * 1024
"""How many characters a document may have once its aliases are written out: four times the largest file."""

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BESIDE_TEXT = 4
"""How many characters a value takes beside its text when it is written out: quotes, a comma, a space."""
_NO_YAML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_LINE_ENDS_OF_YAML_1_1 = "\x85\u2028\u2029"
_PRIVATE_USE = range(0xE000, 0xF900)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MERGE = "<<"
_BREAK = re.compile("\r\n|\n|\r")


def read_yaml(text: str, file: str) -> Any:  # noqa: ANN401 -- plain data
    """Return the data of one document. Raises `InputError` with its place; the codes begin with `yaml-`."""
    return _Reading(text, file).data


def place_in_yaml(text: str, file: str, part: Part) -> Place | None:
    """Return where a part of a document is written, or None where a text has no such part."""
    reading = _Reading(text, file, keeps_places=True)
    node, place = reading.data, Place(file, 1, 1)
    for step in part:
        places = reading.places.get(id(node), {})
        if step not in places:
            return None
        node, place = node[step], places[step]
    return place


class _Named(NamedTuple):
    """What an anchor names: its size in characters, and how many lists and mappings are inside each other."""

    value: Any
    size: int
    height: int


class _Reading:
    """Reads one document from the parser's events, of which there may be half a million."""

    def __init__(self, text: str, file: str, *, keeps_places: bool = False) -> None:
        self.file = file
        self.places: dict[int, dict[str | int, Place]] = {}
        """Where the keys and items of each mapping and list are written, by its identity."""
        self._keeps_places = keeps_places
        self._anchors: dict[str, _Named | None] = {}
        """What each anchor names; None while it is not whole."""
        self._size = 0
        self._depth = 0
        self._reached = 0
        """The greatest depth so far; inside of what an anchor names, since its start."""
        text, self._stand_ins = _with_stand_ins(text)
        if odd := _NO_YAML.search(text):
            lines = _BREAK.split(text[: odd.start()])
            message = f"the control character U+{ord(odd[0]):04X} is not allowed in YAML"
            place = Place(file, len(lines), len(lines[-1]) + 1)
            raise InputError("yaml-character", message, place=place, hint="delete it, or escape it in quotes")
        loader = _LOADER(text)
        self._next: Callable[[], Any] = loader.get_event
        try:
            self.data = self._document()
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            raise _syntax_error(error, loader, text, file) from None
        finally:
            loader.dispose()

    def _document(self) -> Any:  # noqa: ANN401 -- plain data
        data = None
        documents = 0
        while type(event := self._next()) is not yaml.StreamEndEvent:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    hint = "keep one document in a file, without '---' lines"
                    raise self._refuse("yaml-documents", "a second document begins here", event, hint)
                if event.tags:
                    hint = "remove it: a document is plain data"
                    raise self._refuse("yaml-tag", "a %TAG line is not allowed", event, hint)
            elif isinstance(event, yaml.NodeEvent):
                data = self._value(event)
        if data is None:
            place = Place(self.file, 1, 1)
            hint = "an OpenAPI document begins with a line like 'openapi: 3.1.0'"
            raise InputError("yaml-empty", "the file says nothing", place=place, hint=hint)
        return data

    def _value(self, event: Any) -> Any:  # noqa: ANN401 -- an event of any kind, and plain data
        if type(event) is yaml.AliasEvent:
            return self._aliased(event)
        if event.tag is not None:
            hint = "remove it, or put a text that begins so in quotes"
            raise self._refuse("yaml-tag", "a tag (!) is not allowed", event, hint)
        if event.anchor is not None:
            return self._named(event)
        return self._plain(event)

    def _plain(self, event: Any) -> Any:  # noqa: ANN401 -- as `_value`
        if type(event) is yaml.ScalarEvent:
            return self._scalar(event)
        self._go_down(event, 1)
        self._depth += 1
        self._size += _BESIDE_TEXT
        value = self._mapping() if type(event) is yaml.MappingStartEvent else self._list()
        self._depth -= 1
        return value

    def _named(self, event: Any) -> Any:  # noqa: ANN401 -- as `_value`
        self._anchors[event.anchor] = None
        before, reached, self._reached = self._size, self._reached, self._depth
        value = self._plain(event)
        self._anchors[event.anchor] = _Named(value, self._size - before, self._reached - self._depth)
        self._reached = max(reached, self._reached)
        return value

    def _go_down(self, event: yaml.Event, levels: int) -> None:
        self._reached = max(self._reached, self._depth + levels)
        if self._reached > DEEPEST:
            message = f"more than {DEEPEST} lists and mappings inside each other"
            raise self._refuse("yaml-too-deep", message, event, "write it flatter")

    def _scalar(self, event: yaml.ScalarEvent) -> str | float | bool | None:
        text: str = event.value
        self._size += len(text) + _BESIDE_TEXT
        if self._stand_ins:
            text = text.translate(self._stand_ins)
        if not event.style:
            return plain_scalar(text)
        if _SURROGATE.search(text):
            raise self._refuse(
                "yaml-character", "an escape is half of a character", event, "write the character itself"
            )
        return text

    def _list(self) -> list[Any]:
        items: list[Any] = []
        places = self._places_in(items)
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            if places is not None:
                places[len(items)] = self._place(event)
            items.append(self._value(event))
        return items

    def _mapping(self) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        places = self._places_in(mapping)
        merged = None
        while type(event := self._next()) is not yaml.MappingEndEvent:
            key = self._key(event)
            if key in mapping or (key is _MERGE and merged is not None):
                message = "this key stands twice in one mapping"
                raise self._refuse("yaml-duplicate-key", message, event, "remove one of them")
            if key is _MERGE:
                merged = self._merged(event)
                continue
            if places is not None:
                places[key] = self._place(event)
            mapping[key] = self._value(self._next())
        for other in merged or ():
            added = {key: value for key, value in other.items() if key not in mapping}
            mapping |= added
            if places is not None:
                places |= {key: self.places[id(other)][key] for key in added}
        return mapping

    def _key(self, event: Any) -> str:  # noqa: ANN401 -- an event of any kind
        if type(event) is not yaml.ScalarEvent or event.tag is not None or event.anchor is not None:
            raise self._refuse("yaml-key", "a key must be a single word", event, QUOTE_HINT)
        text: str = event.value
        if text == _MERGE and not event.style:
            return _MERGE
        self._size += len(text)
        return text.translate(self._stand_ins) if self._stand_ins else text

    def _merged(self, key: yaml.ScalarEvent) -> list[dict[str, Any]]:
        value = self._value(self._next())
        mappings = value if isinstance(value, list) else [value]
        if not all(isinstance(mapping, dict) for mapping in mappings):
            hint = "write it like '<<: *name', where &name stands before a mapping"
            raise self._refuse("yaml-merge", "a merge key (<<) takes mappings only", key, hint)
        return mappings

    def _aliased(self, event: yaml.AliasEvent) -> Any:  # noqa: ANN401 -- plain data
        if event.anchor not in self._anchors:
            hint = "put &name before the value that it names, or put a text that begins with * in quotes"
            raise self._refuse("yaml-anchor", "no anchor of this name stands before it", event, hint)
        named = self._anchors[event.anchor]
        if named is None:
            hint = "use a $ref, which may lead back"
            raise self._refuse("yaml-anchor", "this alias is inside of what it names", event, hint)
        self._go_down(event, named.height)
        self._size += named.size
        if self._size > LARGEST_WRITTEN_OUT:
            message = f"with its aliases written out the document has over {LARGEST_WRITTEN_OUT:,} characters"
            raise self._refuse("yaml-anchor", message, event, "use fewer aliases, or $ref")
        return named.value

    def _places_in(self, container: dict[str, Any] | list[Any]) -> dict[str | int, Place] | None:
        if not self._keeps_places:
            return None
        places = self.places[id(container)] = {}
        return places

    def _place(self, event: Any) -> Place:  # noqa: ANN401 -- its mark is typed as optional, but always there
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _refuse(self, code: str, message: str, event: yaml.Event, hint: str) -> InputError:
        return InputError(code, message, place=self._place(event), hint=hint)


def _with_stand_ins(text: str) -> tuple[str, dict[int, str]]:
    """Return a text without the line ends of YAML 1.1, and what brings them back."""
    used = [end for end in _LINE_ENDS_OF_YAML_1_1 if end in text]
    if not used:
        return text, {}
    taken = set(text)
    free = (chr(code) for code in _PRIVATE_USE if chr(code) not in taken)
    stand_ins = dict(zip(used, free, strict=False))
    return text.translate({ord(old): new for old, new in stand_ins.items()}), {
        ord(new): old for old, new in stand_ins.items()
    }


def _syntax_error(error: Exception, loader: yaml.SafeLoader, text: str, file: str) -> InputError:
    problem = str(getattr(error, "problem", ""))
    mark: Any = getattr(error, "problem_mark", None) or loader.get_mark()
    if problem.startswith(NO_COLON):
        mark = getattr(error, "context_mark", None) or mark  # the line itself, not the one after it
    place = Place(file, mark.line + 1, mark.column + 1)
    if text[mark.index : mark.index + 1] == "\t":
        return InputError(
            "yaml-tab", "a tab character does not indent", place=place, hint="indent with spaces"
        )
    return syntax_error(problem, place)
