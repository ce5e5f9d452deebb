"""What a run was measured with: enough to measure it again, without host name, user name or address."""

from __future__ import annotations

import platform
from importlib.metadata import version

from sessionload.process_limits import usable_processors


def describe() -> dict[str, str]:
    """Return the system, the processors this process may use, and the versions of what makes the load."""
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": str(usable_processors()),
        "python": platform.python_version(),
        **{package: version(package) for package in ("locust", "gevent", "httptools")},
    }
