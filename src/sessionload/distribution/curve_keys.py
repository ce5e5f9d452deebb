"""Keys of libzmq's CURVE, by which master and workers know each other and nobody else hears or joins them.

Each side has a secret key of its own and the public key of the other; all workers of a master share one pair.
The keys are in two files, one for each side, or go from the master to its own children through their standard
input; they are in no argument and no message.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

import zmq

from sessionload.errors import InputError, Place
from sessionload.storage.files import make_folder, read_text, shown, write_new

if TYPE_CHECKING:
    from pathlib import Path

MASTER = "master"
WORKER = "worker"
_LENGTH = 40
"""A key of 32 bytes as libzmq writes it (Z85, https://rfc.zeromq.org/spec/32/)."""
_LARGEST = 10_000
_OTHERS = 0o007


class CurveKeys(NamedTuple):
    """What one side knows: its own secret key, and the public key of the other side."""

    side: str
    secret: bytes
    other: bytes

    @property
    def public(self) -> bytes:
        """The public key that belongs to the secret one."""
        return zmq.curve_public(self.secret)

    def __repr__(self) -> str:
        return f"CurveKeys({self.side})"

    def text(self) -> str:
        """Return the keys as `keys_of` reads them, on one line."""
        keys = {"secret": self.secret.decode(), "other": self.other.decode()}
        return json.dumps({"sessionload": self.side, **keys}) + "\n"


def new_keys() -> tuple[CurveKeys, CurveKeys]:
    """Return keys for a master and for its workers that nobody else has."""
    master_public, master_secret = zmq.curve_keypair()
    worker_public, worker_secret = zmq.curve_keypair()
    return CurveKeys(MASTER, master_secret, worker_public), CurveKeys(WORKER, worker_secret, master_public)


def keys_of(text: str) -> CurveKeys | None:
    """Return the keys that a text has; `None` for a text that is none of `CurveKeys.text`."""
    try:
        data = json.loads(text)
        keys = CurveKeys(data["sessionload"], data["secret"].encode("ascii"), data["other"].encode("ascii"))
        return keys if len(keys.other) == _LENGTH == len(keys.secret) and keys.public else None
    except (ValueError, TypeError, KeyError, AttributeError, zmq.ZMQError):
        return None


def read_keys(path: Path, side: str) -> CurveKeys:
    """Return the keys in a file, for one side. Raises `InputError`."""
    keys = keys_of(read_text(path, _LARGEST, "the file of keys"))
    place = Place(shown(path))
    if keys is None:
        message = "this is no file of keys"
        raise InputError("bad-keys", message, place=place, hint="make a pair with `sessionload keys new`")
    if keys.side != side:
        message = f"these are the keys of the {keys.side}, and this is the {side}"
        raise InputError("keys-of-other-side", message, place=place, hint=f"name the file {side}.keys")
    if path.stat().st_mode & _OTHERS:
        message = "everybody on this machine can read or change these keys"
        hint = f"chmod o= {path.name}; where others may have seen them, make new ones"
        raise InputError("keys-open-to-others", message, place=place, hint=hint)
    return keys


def write_keys(folder: Path) -> tuple[Path, Path]:
    """Write new keys into a folder, for the master and for its workers; return the two files.

    Nothing is overwritten. Raises `InputError`.
    """
    pair = new_keys()
    paths = [folder / f"{keys.side}.keys" for keys in pair]
    for path in paths:
        if os.path.lexists(path):
            message = "there are keys already, and machines may be using them"
            hint = "name another folder, or delete both files first"
            raise InputError("keys-taken", message, place=Place(shown(path)), hint=hint)
    make_folder(folder)
    for path, keys in zip(paths, pair, strict=True):
        write_new(path, keys.text().encode(), private=True)
    return paths[0], paths[1]
