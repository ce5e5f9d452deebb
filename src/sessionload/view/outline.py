"""What a run would send, before it does.

Law: what is shown is what would run: the same checks have passed, and the totals are those of the
schedule itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.plan.identity import sample
from sessionload.words.units import duration, rate, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.inputs.brief import Brief
    from sessionload.plan.schedule import Stage

_SHOWN_ID = 60


def outline(brief: Brief) -> str:
    """Return the plan of a run as lines of text, without a line end at the last."""
    blocks = (_head(brief), _stages(brief), _users(brief), _limits(brief), _targets(brief))
    return (
        "\n\n".join("\n".join(block) for block in blocks)
        + "\n\nEach arrival starts a session. Nothing was sent."
    )


def _head(brief: Brief) -> Iterator[str]:
    scenario, where = brief.scenario, brief.environment.describe()
    schedule = scenario.schedule
    size = f"{schedule.planned():,} arrivals over {duration(schedule.duration_ns)}"
    yield f"{scenario.name}: {size}, {schedule.arrivals}, at most {rate(schedule.peak)}"
    place = f"project {where['project']}, environment {where['environment']}"
    yield f"to {where['url']}, {place} ({brief.environment.name})"


def _stages(brief: Brief) -> Iterator[str]:
    schedule = brief.scenario.schedule
    width = max(len(stage.name) for stage in schedule.stages)
    yield "stages"
    for stage, planned in zip(schedule.stages, schedule.planned_by_stage(), strict=True):
        load = f"{_rate(stage):>18} for {duration(stage.duration_ns):>8}"
        note = "  (warm-up: shown, not judged)" if stage.warmup else ""
        yield f"  {stage.name:{width}}  {load}  {planned:>10,} arrivals{note}"


def _users(brief: Brief) -> Iterator[str]:
    scenario = brief.scenario
    yield "user IDs"
    size = scenario.schedule.index_end()
    for index, user_id in sample(scenario.users, size, run_id=brief.run_id, seed=scenario.seed):
        yield f"  {index:>10,}  {_shortened(user_id)}"


def _limits(brief: Brief) -> Iterator[str]:
    scenario, allowed = brief.scenario, brief.environment.max_rate
    most = f"at most {scenario.max_in_flight:,} in flight"
    lag, cpu = duration(scenario.limits.lag_p99_ns), significant(scenario.limits.cpu_share * 100)
    yield "limits"
    yield f"  timeout {duration(scenario.timeout_ns)}, {most}, connections: {scenario.connections}"
    yield f"  void if the generator's own lag p99 is over {lag}, or if it takes more than {cpu} % of a core"
    yield f"  the environment allows {rate(allowed) if allowed else 'any rate'}"


def _targets(brief: Brief) -> Iterator[str]:
    targets = brief.scenario.targets
    yield "targets"
    for target in targets:
        window = f"  in every {duration(target.window_ns)}" if target.window_ns else ""
        yield f"  {target.expr}{window}{'  (stops the run when missed)' if target.abort else ''}"
    if all(target.metric.name != "contract_violations" for target in targets):
        yield "  contract_violations == 0  (always judged)"


def _rate(stage: Stage) -> str:
    if stage.start_rate == stage.end_rate:
        return rate(stage.start_rate)
    return f"{rate(stage.start_rate)} to {rate(stage.end_rate)}"


def _shortened(user_id: str) -> str:
    return user_id if len(user_id) <= _SHOWN_ID else f"{user_id[:_SHOWN_ID]}…"
