"""What this machine lacks makes a run void, and is never blamed on the server, nor on the embedded stub."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from world import World

ENVIRONMENTS = "stub: {{embedded: true, latency: 3s}}\n"
SCENARIO = """\
name: limits
environment: stub
users: {id: "limits-{n}"}
load:
  stages: [{name: steady, rate: 150/s, duration: 2s}]
  timeout: 6s
  max_in_flight: 400
  max_lag: 5s
targets: ["p95 < 10s"]
"""


@pytest.mark.long
@pytest.mark.parametrize("limit", ["-n 140", "-Sn 140"])
def test_descriptors_that_run_out_are_ours(world: World, limit: str) -> None:
    """300 would be in flight. A soft limit is raised; a hard one makes the run void."""
    world.environments("", ENVIRONMENTS)
    (world.folder / "limits.yaml").write_text(SCENARIO)
    command = shlex.join(world.command("run", "limits.yaml", "--quiet"))
    ended = world.run(program=["/bin/sh", "-c", f"ulimit {limit}; exec {command}"])
    causes = {finding["cause"] for finding in ended.result["findings"]}
    if limit == "-n 140":
        assert (ended.code, causes) == (3, {"generator/descriptors"})
        assert ended.result["outcomes"]["ok"] + ended.result["outcomes"]["connection_error"] == 300
    else:
        assert (ended.code, causes) == (0, set())
        assert ended.result["outcomes"]["ok"] == 300
