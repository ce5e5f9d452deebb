"""What a run would send, before it does.

What is shown is what would run: the same checks have passed, and the totals are those of the schedule itself.
"""

from __future__ import annotations

import json
from fractions import Fraction
from textwrap import wrap
from typing import TYPE_CHECKING
from urllib.parse import quote

from sessionload.config.run_spec import PREFLIGHT
from sessionload.contract.request.request_body import SHOWN_USER
from sessionload.report.model.about import PLAIN_NOTE
from sessionload.report.model.arrival_curve import arrival_curve
from sessionload.report.model.load_text import scale_text
from sessionload.report.model.quantities import counted_noun
from sessionload.report.model.turn_outline import turn_lines
from sessionload.stub.settings import is_loopback
from sessionload.units import NS, duration_text, rate_text, significant
from sessionload.verdict.resolved_scenario import arrivals_text
from sessionload.verdict.run_labels import labels_text
from sessionload.workload.user_ids import sample_user_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sessionload.config.run_spec import RunSpec
    from sessionload.workload.stage import Stage

_SHOWN_ID = 60
_WIDTH = 80
_WIDEST_NAME = 26
_WIDEST_BODY = _WIDTH - 3
_MOST_LINES = 40
_NOTHING_UNSET: Mapping[str, str] = {}


def outline(spec: RunSpec, unset: Mapping[str, str] = _NOTHING_UNSET) -> str:
    """Return the plan of a run as lines of text, without a line end at the last.

    `unset` are the values that stand for environment variables that are not set, with the names of these.
    """
    blocks = [_head(spec, unset), _curve(spec), _stages(spec), _users(spec), _body(spec), _limits(spec)]
    if spec.scenario.turns is not None:
        blocks.append(turn_lines(spec, spec.scenario.turns))
    blocks.append(_targets(spec))
    if spec.contract.unchecked:
        blocks.append(_unchecked(spec.contract.unchecked))
    if unset:
        blocks.append(_needed(unset))
    text = "\n\n".join("\n".join(_wrapped(_named(line, unset) for line in block)) for block in blocks)
    takes = ", and some take turns with it" if spec.scenario.turns is not None else ""
    return f"{text}\n\nEach arrival starts a session{takes}. Nothing was sent."


def _named(line: str, unset: Mapping[str, str]) -> str:
    """Return a line with `${NAME}` for what stands for a variable."""
    for value, name in unset.items():
        for written in (value, quote(value, safe="")):
            line = line.replace(written, f"${{{name}}}")
    return line


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if len(line) <= _WIDTH or line.startswith("as "):  # nobody wants to copy a URL in two pieces
            yield line
            continue
        indent = line[: len(line) - len(line.lstrip())]
        yield from wrap(
            line,
            _WIDTH,
            subsequent_indent=f"{indent}  ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _head(spec: RunSpec, unset: Mapping[str, str]) -> Iterator[str]:
    scenario, where, request = spec.scenario, spec.environment.describe(), spec.contract.request
    schedule = scenario.schedule
    size = f"{counted_noun(schedule.planned(), 'session')} in {_minutes(schedule.duration_ns)}"
    arrivals = arrivals_text(scenario.resolved["load"]["arrivals"])
    yield f"{scenario.name}: {size}, {arrivals}, at most {rate_text(schedule.peak)}"
    if "scale" in scenario.resolved:
        yield f"scaled: {scale_text(scenario.resolved)}"
    project = spec.environment.binding.project or ""
    place = f"project {project if project in unset else where['project']}, environment {where['environment']}"
    if labels := spec.header.run.labels:
        yield f"labels: {labels_text(labels)}"
    yield f"to {where['url']}"
    yield f"  {place} ({spec.environment.name})"
    if where["url"].startswith("http:") and not is_loopback(spec.environment.host):
        yield f"without TLS: {PLAIN_NOTE}"
    key = request.security.key
    asked = "" if request.security.asks else "; the document asks for no key"
    carried = f"the key in the header {key.name}" if key else "without a key"
    origin = "" if spec.environment.stub else where["url"]
    yield f"as {request.method} {origin}{request.shown_path}"
    yield f"  {carried}{asked}"


def _curve(spec: RunSpec) -> Iterator[str]:
    yield "arrivals per second"
    yield from arrival_curve(spec.scenario.schedule)


def _minutes(duration_ns: int) -> str:
    """Return a duration in minutes, from one minute on."""
    if duration_ns < 60 * NS:
        return duration_text(duration_ns)
    return f"{significant(Fraction(duration_ns, 60 * NS))} min"


def _stages(spec: RunSpec) -> Iterator[str]:
    schedule = spec.scenario.schedule
    width = min(max(len(stage.name) for stage in schedule.stages), _WIDEST_NAME)
    yield "stages"
    for stage, planned in zip(schedule.stages, schedule.planned_by_stage(), strict=True):
        name = stage.name if len(stage.name) <= width else f"{stage.name[: width - 1]}…"
        load = f"{_rates(stage):>20}  {duration_text(stage.duration_ns):>7}"
        yield f"  {name:{width}} {load} {planned:>11,}{'  warm-up' if stage.warmup else ''}".rstrip()
    if any(stage.warmup for stage in schedule.stages):
        yield "  (warm-up is shown, not judged)"


def _rates(stage: Stage) -> str:
    """Return the rate of a stage with two decimals, as 50 people who start every 3 s are 16.67/s."""
    if stage.kind != "rate":
        return "burst" if stage.kind == "burst" else "as recorded"
    ends = dict.fromkeys((_rate(stage.start_rate), _rate(stage.end_rate)))
    return " to ".join(ends)


def _rate(per_second: Fraction) -> str:
    hundredths = f"{float(per_second):,.2f}".rstrip("0").rstrip(".")
    return f"{hundredths}/s" if per_second >= 1 and len(hundredths) < 9 else rate_text(per_second)


def _needed(unset: Mapping[str, str]) -> Iterator[str]:
    yield "not set here, and needed by a run"
    yield from (f"  {name}" for name in unset.values())


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
    yield f"  {_patience(scenario.patience_ns)}"
    resumption = "may take up an earlier one" if scenario.tls_resumption else "makes a full handshake"
    yield f"  addresses of the host: {scenario.addresses}; each TLS session {resumption}"
    yield f"  void if the generator's lag p99 is over {lag}, or it takes over {cpu} % of a core"
    if lost := scenario.limits.lost_share:
        yield f"  void if more than {significant(lost * 100)} % of the arrivals are lost"
    sessions = spec.environment.max_sessions
    most = f" and {counted_noun(sessions, 'session start')}" if sessions else ""
    yield f"  the environment allows {rate_text(allowed) if allowed else 'any rate'}{most}"


def _patience(patience_ns: int | None) -> str:
    if patience_ns is None:
        return "no patience: while the server holds them all, arrivals wait to the schedule's end"
    return f"patience: who is not sent within {duration_text(patience_ns)} of being due gives up"


def _targets(spec: RunSpec) -> Iterator[str]:
    targets = spec.scenario.targets
    yield "targets"
    for target in targets:
        window = f"  in every {duration_text(target.window_ns)}" if target.window_ns else ""
        yield f"  {target.name}{window}{'  (stops the run when missed)' if target.abort else ''}"
    if slo := spec.scenario.resolved.get("slo"):
        yield f"  slo: {slo['share']} within {slo['within']} over {slo['period']}  (its budget is reported)"
    for name in ("contract_violations", *(["turn.contract_violations"] if spec.scenario.turns else [])):
        if all(target.metric.name != name for target in targets):
            yield f"  {name} == 0  (always judged)"


def _unchecked(parts: Iterable[str]) -> Iterator[str]:
    yield "in the contract, but not checked"
    yield from (f"  {part}" for part in parts)


def _shortened(user_id: str) -> str:
    return user_id if len(user_id) <= _SHOWN_ID else f"{user_id[:_SHOWN_ID]}…"
