"""A request as a line for a POSIX shell that sends the same bytes again.

The line never holds a secret; the shell fills it in from its variable. Text that a shell could interpret
stands in single quotes. A long run of one byte is produced by the line instead of being written out. Left
alone, curl adds a media type to a body and removes dots from a path, so the line switches both off.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.contract.document.placeholder import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.suite.cases.case import CaseRequest

_RUN = re.compile(rb"(.)\1{999,}", re.DOTALL)
"""A run that is shorter made than written."""
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]*")
USUAL_VARIABLE = "VF_API_KEY"
"""What the shell has the key in, where the environment names no variable."""
_WORD = re.compile(r"[A-Za-z0-9_./:%=@,+-]+")


def curl(request: CaseRequest, origin: str, *, key_variable: str = "") -> str:
    """Return a POSIX shell command that sends `request` to `origin` (scheme, host and port, no path)."""
    parts = ["curl", "-i", "--path-as-is", *_method(request)]
    for name, value in request.headers:
        parts += ["-H", _header(name, value, key_variable)]
    names = {name.lower() for name, _ in request.headers}
    before = ""
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        if "content-type" not in names:
            parts += ["-H", "content-type:"]
        text = _text(request.body)
        if text is None:
            before = f"{_maker(request.body)} | "
        parts += ["--data-binary", "@-" if text is None else _quoted(text)]
    return before + " ".join([*parts, _quoted(origin + request.path)])


def _method(request: CaseRequest) -> list[str]:
    return ["-I"] if request.method == "HEAD" else ["-X", request.method]


def _header(name: str, value: str, key_variable: str) -> str:
    if not value:
        return _quoted(f"{name};")  # so curl sends it empty; with a colon it would leave it out
    text = f"{name}: {value}"
    parts: list[str] = []
    end = 0
    for place in PLACEHOLDER.finditer(text):
        parts += [_quoted(text[end : place.start()]), f'"${place[1] or key_variable or USUAL_VARIABLE}"']
        end = place.end()
    return "".join([*parts, *([_quoted(text[end:])] if end < len(text) else [])])


def _quoted(text: str) -> str:
    return text if _WORD.fullmatch(text) else "'" + text.replace("'", "'\\''") + "'"


def _text(body: bytes) -> str | None:
    """Return a body that can stand in the line as it is, or None."""
    if _RUN.search(body) or body.startswith(b"@"):
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if _PRINTABLE.fullmatch(text) and "\ufeff" not in text else None


def _maker(body: bytes) -> str:
    """Return a command that prints the body."""
    return "{ " + " ".join(f"{command};" for command in _commands(body)) + " }"


def _commands(body: bytes) -> Iterator[str]:
    end = 0
    for run in _RUN.finditer(body):
        yield from _literal(body[end : run.start()])
        yield f"head -c {len(run[0])} /dev/zero | tr '\\0' '\\{run[1][0]:03o}'"
        end = run.end()
    yield from _literal(body[end:])


def _literal(part: bytes) -> Iterator[str]:
    if part:
        plain = (chr(byte) if _is_plain(byte) else f"\\{byte:03o}" for byte in part)
        yield f"printf '{''.join(plain)}'"


def _is_plain(byte: int) -> bool:
    return 0x20 <= byte < 0x7F and byte not in b"'\\%"
