"""A command as a container runs it, without Docker: as another user, without a home, on a read-only root.

Linux gives all of it with a namespace. The root is a small file system in memory, in which the system's
programs, the interpreter and what a test names are mounted, read-only but for what is said to be writable.
`/tmp` can be written, as in the files of `deploy/`. Where this process is not root's, there is no other user.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import sessionload

USER = 10001
"""The user of the image, which no machine has."""
_SYSTEM = ("/bin", "/etc", "/lib", "/lib64", "/sbin", "/usr")
_ENTER = """
set -eu
root=$1 user=$2 folder=$3
shift 3
mount -t tmpfs -o mode=755 root "$root"
put() {  # SOURCE PLACE: mounts a file or a folder
    if [ -d "$1" ]; then mkdir -p "$root$2"; elif [ ! -e "$root$2" ]; then
        mkdir -p "$root${2%/*}"
        : > "$root$2"
    fi
    mount --rbind "$1" "$root$2"
}
while [ "$1" != -- ]; do
    if [ -L "$2" ] && [ "$2" = "$3" ]; then cp -P "$2" "$root$3"; else
        put "$2" "$3"
        [ "$1" = rw ] || mount -o remount,bind,ro "$root$3"
    fi
    shift 3
done
shift
put /proc /proc
put /dev /dev
mkdir -p "$root/tmp" "$root$folder"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount -o remount,ro "$root"
if [ "$user" = 0 ]; then set -- chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"; else
    set -- chroot "$root" setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs \
        --bounding-set=-all --inh-caps=-all /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
fi
exec "$@"
"""


@dataclass(frozen=True)
class Container:
    """Where commands run: what they see besides the system and the program, by the path at which they do."""

    readable: dict[str, Path] = field(default_factory=dict)
    writable: dict[str, Path] = field(default_factory=dict)
    folder: str = "/"
    """Where they begin."""
    variables: dict[str, str] = field(default_factory=dict)
    network: int | None = None
    """The process whose network they share; else that of the machine."""

    def command(self, *words: str, root: Path) -> list[str]:
        """Return what runs a command within, on the empty folder `root`."""
        mounts = [("ro", place, place) for place in _SYSTEM if Path(place).exists()]
        mounts += [("ro", place, place) for place in _program()]
        mounts += [("ro", str(source), place) for place, source in self.readable.items()]
        mounts += [("rw", str(source), place) for place, source in self.writable.items()]
        user = USER if os.geteuid() == 0 else 0
        enter = ["nsenter", f"--net=/proc/{self.network}/ns/net"] if self.network else []
        mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
        return [
            *(*enter, "unshare", "--mount", *mapped, "/bin/sh", "-c", _ENTER, "enter"),
            *(str(root), str(user), self.folder, *(word for mount in mounts for word in mount), "--", *words),
        ]

    def start(self, *words: str, **settings: Any) -> subprocess.Popen[str]:  # noqa: ANN401
        """Start a command; whoever writes into a writable folder is the user of the image."""
        if os.geteuid() == 0:
            for source in self.writable.values():
                os.chown(source, USER, USER)
        root = Path(tempfile.mkdtemp(prefix="root-", dir=settings.pop("roots", None)))
        variables = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin:/usr/sbin", "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen(
            self.command(*words, root=root),
            env={**variables, **self.variables},
            text=True,
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.STDOUT,
                **settings,
            },
        )


def _program() -> list[str]:
    """Return the folders of the interpreter and of all that it imports."""
    imported = {place for place in sys.path if Path(place).is_dir()}
    own = {sys.base_prefix, sys.prefix, str(Path(sessionload.__file__).parents[1]), *imported}
    return [
        place
        for place in sorted(own)
        if not any(Path(place).is_relative_to(other) for other in {*own, *_SYSTEM} - {place})
    ]


@cache
def can_run() -> bool:
    """Tell whether this machine lets us run commands so."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            process = Container().start("sessionload", "--version", roots=folder)
        except FileNotFoundError:  # there is no unshare
            return False
        printed, _ = process.communicate(timeout=60)
    return process.returncode == 0 and sessionload.__version__ in printed
