"""What a run was measured with: enough to measure it again, without host name, user name or address.

The processors are those that this process may use; in a container they can be fewer than the machine has.
"""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version


def describe() -> dict[str, str]:
    """Return the system, the processors this process may use, and the versions of what makes the load."""
    allowed = os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1)
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": str(len(allowed)),
        "python": platform.python_version(),
        **{package: version(package) for package in ("locust", "gevent", "httptools")},
    }
