"""The only module that opens files: read whole within a limit, written whole or not at all.

No reader ever sees half a file, and what could not be written is an error with an exit code of its own: a
file is written beside its place, pushed to the disk, and then gets its name. A name may stand for a pipe, a
device or a folder; only regular files are read, so no reading waits or never ends. A path that may be a key
is not shown.
"""

from __future__ import annotations

import errno
import os
import stat
import uuid
from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING, Self

from sessionload.errors import InputError, Place, ResultError
from sessionload.secret import may_be_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

_PROBE = "sessionload writes here\n"


def shown(path: Path) -> str:
    """Return a path for a message: as it is, unless it may be a key that was typed in place of a file."""
    text = str(path)
    return "(a name that may be a key)" if may_be_key(text) else text


def read_bytes(path: Path, limit: int, what: str) -> bytes:
    """Return the bytes of a regular file of at most `limit` bytes; `what` it is, for messages.

    Raises `InputError` (file-missing, file-not-regular, file-unreadable, file-too-large).
    """
    data = read_at_most(path, limit, what)
    if len(data) > limit:
        message = f"{what} is larger than {limit:,} bytes"
        raise InputError("file-too-large", message, place=Place(shown(path)), hint="is this the right file?")
    return data


def read_text(path: Path, limit: int, what: str) -> str:
    """Return the text of a UTF-8 file of at most `limit` bytes. Raises `InputError` as `read_bytes` does."""
    data = read_bytes(path, limit, what)
    try:
        return data.decode()
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        place = Place(shown(path), line)
        raise InputError(
            "file-not-utf8", f"{what} is not UTF-8", place=place, hint="save it as UTF-8"
        ) from None


def read_at_most(path: Path, limit: int, what: str) -> bytes:
    """Return the first `limit` bytes of a regular file, and one more to tell that there are more.

    Raises `InputError` as `read_bytes` does, but for the size.
    """
    place = Place(shown(path))
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                data = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError("file-missing", f"{what} is not there", place=place, hint=_sibling(path)) from None
    except (OSError, ValueError) as fault:
        message = f"{what} cannot be read: {_reason(fault)}"
        raise InputError(
            "file-unreadable", message, place=place, hint="check its name and permissions"
        ) from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or device"
        message = f"this is {kind}, and {what} must be a file"
        raise InputError("file-not-regular", message, place=place, hint="name a file")
    return data


class Appender:
    """A file that grows by whole lines, each handed to the operating system at once.

    Raises `ResultError` (result-unwritable) from every method.
    """

    def __init__(self, path: Path, *, new: bool = False) -> None:
        """Open a file; with `new`, one that is not there yet, not even as a link that leads nowhere."""
        self._path = path
        try:
            self._file = path.open("xb" if new else "ab", buffering=0)
        except OSError as fault:
            raise _unwritable(path, fault) from None

    def append(self, line: str) -> None:
        """Write `line` and a line end."""
        rest = memoryview(f"{line}\n".encode())
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as fault:
            raise _unwritable(self._path, fault) from None

    def close(self) -> None:
        """Push the lines to the disk and close the file; closing twice is fine."""
        if self._file.closed:
            return
        try:
            with self._file:
                os.fsync(self._file.fileno())
        except OSError as fault:
            raise _unwritable(self._path, fault) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_new(path: Path, content: str | bytes | Iterable[bytes], *, private: bool = False) -> None:
    """Write a file that is not there yet, so that it is there whole or not at all.

    `content` can come in pieces. A `private` file is never readable for anybody else. Raises `ResultError`
    (result-unwritable); then nothing of it is there, and what was there is not changed.
    """
    try:
        _write(path, _pieces(content), new=True, private=private)
    except OSError as fault:
        raise _unwritable(path, fault) from None


def write_whole(path: Path, content: str | bytes | Iterable[bytes]) -> None:
    """Write a file as `write_new` does, but replace an old one, in one step.

    Raises `ResultError` (result-unwritable), and leaves the old file and no other behind.
    """
    try:
        _write(path, _pieces(content), new=False)
    except OSError as fault:
        raise _unwritable(path, fault) from None


def add_folder(path: Path) -> None:
    """Make a folder in one that is there, if it is new. Raises `ResultError` (result-unwritable)."""
    try:
        path.mkdir(exist_ok=True)
    except OSError as fault:
        raise _unwritable(path, fault) from None


def make_folder(path: Path) -> None:
    """Make a folder, with those above it, and prove that files can be written and renamed in it.

    Raises `InputError` (output-unwritable): this comes before any traffic.
    """
    probe = path / f".probe-{uuid.uuid4().hex}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        _write(probe, (_PROBE.encode(),), new=True)
        probe.unlink()
    except (OSError, ValueError) as fault:
        message = f"nothing can be written into this folder: {_reason(fault)}"
        hint = "name another folder with --out"
        raise InputError("output-unwritable", message, place=Place(shown(path)), hint=hint) from None


def _write(path: Path, pieces: Iterable[bytes], *, new: bool, private: bool = False) -> None:
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with open(part, "xb", opener=_open_private if private else None) as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        if new:
            _give_new_name(part, path)
        else:
            part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    _push_folder(path.parent)


def _open_private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _give_new_name(part: Path, path: Path) -> None:
    """Rename a file without replacing one. Raises `FileExistsError`."""
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: between looking and renaming there is a moment
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        part.rename(path)
    else:
        part.unlink()


def _pieces(content: str | bytes | Iterable[bytes]) -> Iterable[bytes]:
    if isinstance(content, str):
        return (content.encode(),)
    return (content,) if isinstance(content, bytes) else content


def _push_folder(path: Path) -> None:
    """Push a rename to the disk, where the file system can do that; the file is there in any case."""
    with suppress(OSError):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sibling(path: Path) -> str:
    """Return a hint that names a file of almost the same name."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        return f"there is no folder {shown(path.parent)} either; check the path"
    close = get_close_matches(path.name, names, n=1)
    return (
        f"did you mean {shown(path.with_name(close[0]))}?"
        if close
        else "check the path, or the folder you are in"
    )


def _unwritable(path: Path, fault: OSError) -> ResultError:
    message = f"the file cannot be written: {_reason(fault)}"
    hint = "make room or fix the permissions, then run again"
    return ResultError("result-unwritable", message, place=Place(shown(path)), hint=hint)


def _reason(fault: Exception) -> str:
    return fault.strerror.lower() if isinstance(fault, OSError) and fault.strerror else "its name is not one"
