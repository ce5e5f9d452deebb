"""What a run would send, before it does.

What is shown is what would run: the same checks have passed, and the totals are those of the schedule itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sessionload.config.run_spec import PREFLIGHT
from sessionload.contract.request.request_body import SHOWN_USER
from sessionload.report.model.load_text import stage_rate_text
from sessionload.report.model.quantities import counted_noun
from sessionload.units import duration_text, rate_text, significant
from sessionload.workload.user_ids import sample_user_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessionload.config.run_spec import RunSpec

_SHOWN_ID = 60
_WIDEST_BODY = 90
_MOST_LINES = 40


def outline(spec: RunSpec) -> str:
    """Return the plan of a run as lines of text, without a line end at the last."""
    blocks = [_head(spec), _stages(spec), _users(spec), _body(spec), _limits(spec), _targets(spec)]
    if spec.contract.unchecked:
        blocks.append(_unchecked(spec.contract.unchecked))
    return (
        "\n\n".join("\n".join(block) for block in blocks)
        + "\n\nEach arrival starts a session. Nothing was sent."
    )


def _head(spec: RunSpec) -> Iterator[str]:
    scenario, where, request = spec.scenario, spec.environment.describe(), spec.contract.request
    schedule = scenario.schedule
    size = f"{counted_noun(schedule.planned(), 'arrival')} over {duration_text(schedule.duration_ns)}"
    yield f"{scenario.name}: {size}, {schedule.arrivals}, at most {rate_text(schedule.peak)}"
    place = f"project {where['project']}, environment {where['environment']}"
    yield f"to {where['url']}, {place} ({spec.environment.name})"
    key = request.security.key
    asked = "" if request.security.asks else "; the document asks for no key"
    carried = f"the key in the header {key.name}" if key else "without a key"
    origin = "" if spec.environment.stub else where["url"]
    yield f"as {request.method} {origin}{request.shown_path}, {carried}{asked}"


def _stages(spec: RunSpec) -> Iterator[str]:
    schedule = spec.scenario.schedule
    width = max(len(stage.name) for stage in schedule.stages)
    yield "stages"
    for stage, planned in zip(schedule.stages, schedule.planned_by_stage(), strict=True):
        load = f"{stage_rate_text(stage):>18} for {duration_text(stage.duration_ns):>8}"
        noun = "arrival" if planned == 1 else "arrivals"
        note = "  (warm-up: shown, not judged)" if stage.warmup else ""
        yield f"  {stage.name:{width}}  {load}  {planned:>10,} {noun}{note}"


def _users(spec: RunSpec) -> Iterator[str]:
    scenario = spec.scenario
    yield "user IDs"
    size = scenario.schedule.planned()
    for index, user_id in sample_user_ids(scenario.users, size, run_id=spec.run_id, seed=scenario.seed):
        yield f"  {index:>10,}  {_shortened(user_id)}"
    first = spec.preflight_user
    note = "" if first.startswith(PREFLIGHT) else ", because the contract allows no ID that names it"
    yield f"  the preflight is {_shortened(first)}{note}"


def _body(spec: RunSpec) -> Iterator[str]:
    """Yield the body of the first arrival."""
    text = spec.contract.request.body.to_bytes(SHOWN_USER).decode()
    yield "the body of the first request"
    if len(text) <= _WIDEST_BODY:
        yield f"  {text}"
        return
    lines = json.dumps(json.loads(text), ensure_ascii=False, indent=2).splitlines()
    yield from (f"  {line[:_WIDEST_BODY]}{'…' * (len(line) > _WIDEST_BODY)}" for line in lines[:_MOST_LINES])
    if len(lines) > _MOST_LINES:
        yield f"  … and {len(lines) - _MOST_LINES:,} more lines"


def _limits(spec: RunSpec) -> Iterator[str]:
    scenario, allowed = spec.scenario, spec.environment.max_rate
    most = f"at most {scenario.max_in_flight:,} in flight"
    lag, cpu = duration_text(scenario.limits.lag_p99_ns), significant(scenario.limits.cpu_share * 100)
    yield "limits"
    yield f"  timeout {duration_text(scenario.timeout_ns)}, {most}, connections: {scenario.connections}"
    resumption = "may take up an earlier one" if scenario.tls_resumption else "makes a full handshake"
    yield f"  addresses of the host: {scenario.addresses}; each TLS session {resumption}"
    yield f"  void if the generator's own lag p99 is over {lag}, or if it takes more than {cpu} % of a core"
    if lost := scenario.limits.lost_share:
        yield f"  void if more than {significant(lost * 100)} % of the arrivals are lost"
    sessions = spec.environment.max_sessions
    most = f" and {counted_noun(sessions, 'session start')}" if sessions else ""
    yield f"  the environment allows {rate_text(allowed) if allowed else 'any rate'}{most}"


def _targets(spec: RunSpec) -> Iterator[str]:
    targets = spec.scenario.targets
    yield "targets"
    for target in targets:
        window = f"  in every {duration_text(target.window_ns)}" if target.window_ns else ""
        yield f"  {target.expr}{window}{'  (stops the run when missed)' if target.abort else ''}"
    if all(target.metric.name != "contract_violations" for target in targets):
        yield "  contract_violations == 0  (always judged)"


def _unchecked(parts: Iterable[str]) -> Iterator[str]:
    yield "in the contract, but not checked"
    yield from (f"  {part}" for part in parts)


def _shortened(user_id: str) -> str:
    return user_id if len(user_id) <= _SHOWN_ID else f"{user_id[:_SHOWN_ID]}…"
