"""What a process may do: it writes no core dump, and makes room for its connections."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SCRIPT = """
import json, resource
from sessionload.process_limits import allow_all_connections, allow_connections, forbid_core_dumps

resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
{call}
print(json.dumps([resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_NOFILE)]))
"""


def limits_after(call: str, *, soft: int, hard: int) -> list[list[int]]:
    """Return the limits of core dumps and of descriptors of a process that made a call."""
    script = SCRIPT.format(call=call, soft=soft, hard=hard)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    limits: list[list[int]] = json.loads(done.stdout)
    return limits


def test_core_dumps_are_off_for_good() -> None:
    assert limits_after("forbid_core_dumps()", soft=64, hard=64)[0] == [0, 0]


@pytest.mark.parametrize(
    ("call", "soft", "hard", "expected"),
    [
        ("allow_connections(10)", 200, 400, 200),
        ("allow_connections(300)", 100, 400, 364),
        ("allow_connections(1000)", 100, 400, 368),
        ("allow_connections(1000)", 400, 400, 368),
        ("allow_all_connections()", 100, 400, 400),
    ],
)
def test_room_is_made_for_connections_and_the_generator_runs_out_before_its_stub(
    call: str, soft: int, hard: int, expected: int
) -> None:
    assert limits_after(call, soft=soft, hard=hard)[1] == [expected, hard]
