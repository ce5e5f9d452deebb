"""The stages that a target names, and whether its window has room in them.

A target without them is judged over all measured stages. A warm-up stage is never judged, so naming one is a
mistake, and so is a name that no stage has: such a target would never have a sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.config.document import shown
from sessionload.errors import nearest
from sessionload.units import NS
from sessionload.verdict.judged_stages import judged_seconds, judged_spans_ns, judged_stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.config.node import Node
    from sessionload.workload.stage import Stage

_EXAMPLE = "write stage: peak, or stages: [ramp, peak]"


def check_stages(target: Node, stages: Sequence[Stage] | None) -> tuple[str, ...]:
    """Return the names of the stages of a target, in the order of the load; none where it names none.

    Without `stages`, which have mistakes of their own, the names are not looked for.
    """
    one, several = target.get("stage"), target.get("stages")
    if one and several:
        message = f"{target.name} has both 'stage' and 'stages'"
        raise several.refuse("stage-twice", message, "keep one of them", at_key=True)
    nodes = [one] if one else list(several.items()) if several else []
    if several and not nodes:
        raise several.refuse("bad-target", f"{several.name} names no stage", _EXAMPLE)
    names = [node.text(most=100) for node in nodes]
    for node, name in zip(nodes, names, strict=True):
        if names.count(name) > 1:
            raise node.refuse("stage-twice", f"the stage {shown(name)} is named twice", "remove one of them")
        if stages is not None:
            _refuse_unjudged(node, name, stages)
    if stages is None:
        return tuple(names)
    return tuple(stage.name for stage in stages if stage.name in names)


def _refuse_unjudged(node: Node, name: str, stages: Sequence[Stage]) -> None:
    judged = [stage.name for stage in stages if not stage.warmup]
    if name in judged:
        return
    if any(stage.name == name for stage in stages):
        message = f"the stage {shown(name)} is a warm-up, which is never judged"
        raise node.refuse("unknown-stage", message, f"name a measured one: {', '.join(judged)}")
    raise node.refuse("unknown-stage", f"there is no stage {shown(name)}", nearest(name, judged))


def longest_window_ns(stages: Sequence[Stage], names: tuple[str, ...]) -> int:
    """Return the longest window that has room in the stages of these names, or in all that are measured."""
    return max(map(len, judged_seconds(stages, judged_stages(stages, names))), default=0) * NS


def refuse_too_long(window: Node, stages: Sequence[Stage], names: tuple[str, ...]) -> None:
    """Refuse a window that is longer than each stretch of whole seconds in which it could lie."""
    if window.duration() <= longest_window_ns(stages, names):
        return
    of = "the stages that it is judged over" if names else "the measured stages"
    message = f"{window.name} is longer than {of} together"
    spans = judged_spans_ns(stages, judged_stages(stages, names))
    if window.duration() <= max((end_ns - start_ns for start_ns, end_ns in spans), default=0):
        message = f"{window.name} is longer than the whole seconds of the run in {of}"
    raise window.refuse("window-too-long", message, "shorten the window, or lengthen a stage")
