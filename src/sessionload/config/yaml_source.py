"""YAML text to a `Document`: the only module that imports the YAML library.

The document is built from the parser's events with the scalars of JSON; resolvers, constructors, tags and
aliases of YAML never run. The library's messages quote the file, which may hold a key by mistake, so every
message is worded here and quotes nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from sessionload.config.document import Document, Path, Written, plain_scalar, shown
from sessionload.config.yaml_syntax import NO_COLON, QUOTE_HINT, REFERENCE_HINT, syntax_error
from sessionload.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BYTES = 64 * 1024
"""The largest scenario or environment file that is read."""
DEEPEST = 16
"""The most lists and mappings inside each other."""

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# Also refused: line ends that only YAML knows, byte order marks inside, and what is no character.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_BREAK = re.compile("\r\n|\n|\r")


def parse(raw: bytes, file: str, *, largest: int = LARGEST_BYTES, deepest: int = DEEPEST) -> Document:
    """Return the document in `raw`, the bytes of the file named `file`.

    `largest` is in bytes. Raises `InputError` with a place and a hint for whatever is not a single plain
    document of mappings, lists and scalars; the codes begin with `yaml-`.
    """
    text = _decoded(raw, file, largest)
    loader = yaml.SafeLoader(text)
    try:
        return Document(*_Building(file, deepest).document(_events(loader)), text)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise _syntax_error(error, loader, file, text) from None
    finally:
        loader.dispose()


def _events(loader: yaml.SafeLoader) -> Iterator[yaml.Event]:
    while loader.check_event():
        yield loader.get_event()  # type: ignore[no-untyped-call] # -- the stubs forgot it


def _decoded(raw: bytes, file: str, largest: int) -> str:
    if len(raw) > largest:
        message = f"the file is larger than {largest:,} bytes"
        place = _place(file, raw[:largest].decode(errors="replace"))
        raise InputError(
            "yaml-too-large", message, place=place, hint="split it, or move user IDs to a CSV file"
        )
    if raw.startswith(_BOMS):
        message = "the file begins with a byte order mark"
        raise InputError(
            "yaml-encoding", message, place=Place(file, 1, 1), hint="save it as UTF-8 without a mark"
        )
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        place = _place(file, raw[: error.start].decode())
        raise InputError(
            "yaml-encoding", "the file is not UTF-8", place=place, hint="save it as UTF-8"
        ) from None
    if odd := _ODD.search(text):
        message = "a control character or another invisible one is not allowed"
        raise InputError("yaml-character", message, place=_place(file, text[: odd.start()]), hint="delete it")
    if "\t" in text:
        place = _place(file, text[: text.index("\t")])
        raise InputError(
            "yaml-tab",
            "a tab character is not allowed",
            place=place,
            hint="indent with spaces, two for each level",
        )
    return text


def _place(file: str, before: str) -> Place:
    lines = _BREAK.split(before)
    return Place(file, len(lines), len(lines[-1]) + 1)


def _at(file: str, mark: Any) -> Place:  # noqa: ANN401 -- typed as optional, but always there
    return Place(file, mark.line + 1, mark.column + 1)


def _syntax_error(error: Exception, loader: yaml.SafeLoader, file: str, text: str) -> InputError:
    problem = str(getattr(error, "problem", ""))
    mark = getattr(error, "problem_mark", None) or loader.get_mark()
    if problem.startswith(NO_COLON):
        mark = getattr(error, "context_mark", None) or mark  # the line itself, not the one after it
    place = _at(file, mark)
    line = _BREAK.split(text)[mark.line : mark.line + 1]
    if any("${" in each for each in line):
        message = "a ${NAME} inside { } or [ ] is broken here"
        return InputError("yaml-syntax", message, place=place, hint=REFERENCE_HINT)
    return syntax_error(problem, place)


class _Building:
    """Builds data and places from events.

    `open` are the lists and mappings that have not ended yet, `key` is a key that waits for its value.
    """

    def __init__(self, file: str, deepest: int) -> None:
        self.file = file
        self.deepest = deepest
        self.places: dict[Path, Written] = {}
        self.open: list[tuple[Path, Any]] = []
        self.key: tuple[str, Place] | None = None
        self.data: Any = None
        self.has_begun = False

    def document(self, events: Iterator[yaml.Event]) -> tuple[Any, str, dict[Path, Written]]:
        for event in events:
            place = _at(self.file, event.start_mark)
            if isinstance(event, yaml.DocumentStartEvent):
                self._begin(event, place)
            elif isinstance(event, yaml.NodeEvent):
                self._refuse_extras(event, place)
                self._node(event, place)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self.open.pop()
        if self.data is None:
            raise self._refuse(
                "yaml-empty",
                "the file says nothing",
                Place(self.file, 1, 1),
                "write at least one 'key: value'",
            )
        return self.data, self.file, self.places

    def _begin(self, event: yaml.DocumentStartEvent, place: Place) -> None:
        if self.has_begun:
            message = "a second document begins here"
            raise self._refuse(
                "yaml-documents", message, place, "keep one document in a file, without '---' lines"
            )
        if event.tags:
            raise self._refuse(
                "yaml-tag", "a %TAG line is not allowed", place, "remove it: files are plain data"
            )
        self.has_begun = True

    def _refuse_extras(self, event: yaml.NodeEvent, place: Place) -> None:
        if event.anchor is not None:
            what = "an alias (*)" if isinstance(event, yaml.AliasEvent) else "an anchor (&)"
            hint = "write the value out where it is needed, or put a text that begins so in quotes"
            raise self._refuse("yaml-anchor", f"{what} is not allowed", place, hint)
        if getattr(event, "tag", None) is not None:
            raise self._refuse(
                "yaml-tag",
                "a tag (!) is not allowed",
                place,
                "remove it, or put a text that begins so in quotes",
            )

    def _node(self, event: yaml.NodeEvent, place: Place) -> None:
        awaits_key = bool(self.open) and isinstance(self.open[-1][1], dict) and self.key is None
        if isinstance(event, yaml.ScalarEvent):
            if odd := _ODD.search(event.value):
                message = f"an escape for the character U+{ord(odd[0]):04X}, which no text here may have"
                raise self._refuse("yaml-character", message, place, "remove the escape")
            if awaits_key:
                self.key = self._checked_key(event, place)
            else:
                self._add(plain_scalar(event.value) if event.style is None else event.value, place)
        elif awaits_key:
            raise self._refuse("yaml-key", "a key must be a single word", place, QUOTE_HINT)
        else:
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [], place)

    def _checked_key(self, event: yaml.ScalarEvent, place: Place) -> tuple[str, Place]:
        path, mapping = self.open[-1]
        key = event.value
        if key == "<<" and event.style is None:
            raise self._refuse(
                "yaml-merge", "a merge key (<<) is not allowed", place, "write the keys out, or use extends"
            )
        if key in mapping:
            first = self.places[(*path, key)].key
            message = f"the key {shown(key)} stands twice in one mapping"
            raise self._refuse(
                "yaml-duplicate-key", message, place, f"remove one; the first is in line {first.line}"
            )
        return key, place

    def _open(self, value: dict[str, Any] | list[Any], place: Place) -> None:
        if len(self.open) == self.deepest:
            message = f"more than {self.deepest} lists and mappings inside each other"
            raise self._refuse("yaml-too-deep", message, place, "write it flatter")
        path = self._add(value, place)
        self.open.append((path, value))

    def _add(self, value: Any, place: Place) -> Path:  # noqa: ANN401 -- plain data
        if not self.open:
            self.data = value
            self.places[()] = Written(place, place)
            return ()
        path, holder = self.open[-1]
        step: str | int
        if self.key is None:
            step, key_place = len(holder), place
            holder.append(value)
        else:
            step, key_place = self.key
            holder[step] = value
            self.key = None
        inner = (*path, step)
        self.places[inner] = Written(key_place, place)
        return inner

    def _refuse(self, code: str, message: str, place: Place, hint: str) -> InputError:
        return InputError(code, message, place=place, hint=hint)
