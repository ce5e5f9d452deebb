"""Whether a run can show what a target on a change over the run asks for.

Drift needs a judged stage of constant rate, and recovery needs load after its stage for as long as it may
take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.config.document import shown
from sessionload.errors import nearest
from sessionload.units import duration_text
from sessionload.verdict.drift import holds_rate
from sessionload.verdict.judged_stages import judged_stages
from sessionload.verdict.over_time_metrics import Drift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.config.node import Node
    from sessionload.verdict.over_time_metrics import OverTime, Recovery
    from sessionload.workload.stage import Stage


def check_over_time(
    node: Node, metric: OverTime, names: tuple[str, ...], stages: Sequence[Stage], *, scaled: bool
) -> None:
    """Refuse a target that no run of these stages could show. Raises `InputError`.

    In a scenario that is `scaled` there may be less load after a stage than that; then the target is void.
    """
    if isinstance(metric, Drift):
        if not any(holds_rate(stages[number]) for number in judged_stages(stages, names)):
            message = f"drift.{metric.percentile} needs a measured stage of constant rate, and there is none"
            raise node.refuse("nothing-to-judge", message, "add one like {rate: 20/s, duration: 30m}")
    else:
        _check_recovery(node, metric, stages, scaled=scaled)


def _check_recovery(node: Node, metric: Recovery, stages: Sequence[Stage], *, scaled: bool) -> None:
    names = [stage.name for stage in stages]
    if metric.after not in names:
        raise node.refuse(
            "unknown-stage", f"there is no stage {shown(metric.after)}", nearest(metric.after, names)
        )
    if scaled:
        return
    following = stages[names.index(metric.after) + 1 :]
    load_ns = 0
    for stage in following:
        if not stage.area:
            break
        load_ns += stage.duration_ns
    if load_ns < metric.within_ns:
        found = duration_text(load_ns) if load_ns else "none"
        message = (
            f"after {shown(metric.after)} there has to be load for {metric.bound_text}, and there is {found}"
        )
        hint = "add a stage after it, such as {rate: 20/s, duration: 1m}, or lower the time after 'within'"
        raise node.refuse("nothing-to-judge", message, hint)
