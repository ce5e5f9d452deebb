"""Reads the folder of a run and says whether the launch may go ahead: exit 0 if it may, else 1."""

from __future__ import annotations

import sys

from sessionload import Result, Scenario


def decide(result: Result, planned: Scenario) -> bool:
    """Return whether the run was met, and was the whole scenario that is meant."""
    print(f"{result.scenario} in {result.environment}: {result.verdict}")
    for target in result.targets:
        print(f"  {target.state}: {target.expr}, measured {target.measured}")
    for reason in result.reasons:
        print(f"  void: {reason}")
    p99 = result.percentile_ms(99)  # None is never: more than 1 % got no valid session
    print(f"  p99 {'never' if p99 is None else f'{p99:.0f} ms'}, {result.outcomes['timeout']} timeouts")
    return result.verdict == "met" and result.planned >= planned.sessions


if __name__ == "__main__":
    folder, scenario = sys.argv[1:]
    sys.exit(0 if decide(Result.read(folder), Scenario.read(scenario)) else 1)
