"""What a run would send, before it does.

Law: what is shown is what would run: the same checks have passed, and the totals are those of the
schedule itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.plan.identity import sample
from sessionload.words.units import duration, rate

if TYPE_CHECKING:
    from sessionload.inputs.brief import Brief
    from sessionload.plan.schedule import Stage

_SHOWN_ID = 60


def outline(brief: Brief) -> str:
    """Return the plan of a run as lines of text, without a line end."""
    scenario, environment = brief.scenario, brief.environment
    schedule = scenario.schedule
    where = environment.describe()
    lines = [
        f"{scenario.name}: {schedule.planned():,} arrivals over {duration(schedule.duration_ns)}, "
        f"{schedule.arrivals}, at most {rate(schedule.peak)}",
        f"to {where['url']}, project {where['project']}, environment {where['environment']} "
        f"({environment.name})",
        "",
        "stages",
    ]
    width = max(len(stage.name) for stage in schedule.stages)
    lines += [
        f"  {stage.name:{width}}  {_rate(stage):>18} for {duration(stage.duration_ns):>8}  {planned:>10,} arrivals"
        f"{'  (warm-up: shown, not judged)' if stage.warmup else ''}"
        for stage, planned in zip(schedule.stages, schedule.planned_by_stage(), strict=True)
    ]
    samples = sample(scenario.users, schedule.index_end(), run_id=brief.run_id, seed=scenario.seed)
    lines += ["", "user IDs"]
    lines += [f"  {index:>10,}  {_shortened(user_id)}" for index, user_id in samples]
    lines += [
        "",
        "limits",
        f"  time-out {duration(scenario.timeout_ns)}, at most {scenario.max_in_flight:,} in flight, "
        f"connections: {scenario.connections}",
        f"  void if the generator's own lag p99 is over {duration(scenario.limits.lag_p99_ns)}",
        f"  the environment allows {rate(environment.max_rate) if environment.max_rate else 'any rate'}",
        "",
        "targets",
    ]
    lines += [f"  {target.expr}" for target in scenario.targets]
    lines += ["", "Each arrival starts a session. Nothing was sent."]
    return "\n".join(lines)


def _rate(stage: Stage) -> str:
    if stage.start_rate == stage.end_rate:
        return rate(stage.start_rate)
    return f"{rate(stage.start_rate)} to {rate(stage.end_rate)}"


def _shortened(user_id: str) -> str:
    return user_id if len(user_id) <= _SHOWN_ID else f"{user_id[:_SHOWN_ID]}…"
