"""What a good scenario becomes: values, defaults, and a resolved scenario that says the same again."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config.document import Document
from sessionload.config.read import read_document
from sessionload.config.scenario import Scenario
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError, Place
from sessionload.units import NS
from sessionload.verdict.resolved_scenario import limits_of, targets_of
from sessionload.workload.text_list import TextList
from sessionload.workload.trace import Tracing
from sessionload.workload.user_ids import Returning, UserIds

SCENARIOS = Path(__file__).parents[2] / "scenarios"

LEAST = """\
name: least
users: {id: "user-{run}-{n}"}
load: {stages: [{name: peak, rate: 20/s, duration: 30s}]}
targets: [p95 < 400ms]
"""
MOST = """\
name: most
description: |
  Everything that can be said,
  on two lines.
environment: staging
users:
  id: "user-{run}-{n}"
  returning: {share: 20%, pool: 50, order: zipf, exponent: 1.1}
  unique: false
load:
  arrivals: poisson
  stages:
    - {name: warm-up, rate: 20/s, duration: 30s, warmup: true}
    - {name: ramp, rate: 20/s, ramp_to: 1.5/s, duration: 1m30s, warmup: false}
  timeout: 250ms
  max_in_flight: 17
  connections: per_session
  addresses: first
  tls_resumption: false
  max_lag: 50ms
  max_cpu: 75%
  trace: {format: w3c, sampled: 2.5%}
  request_id: X-Request-ID
targets:
  - answered.p99.9 <= 1s
  - {expr: error_rate < 5%, window: 30s, abort: true}
seed: 9223372036854775807
"""


def scenario(text: str) -> Scenario:
    return Scenario.check(parse(text.encode(), "x.yaml"))


def test_a_short_scenario_has_the_usual_values() -> None:
    least = scenario(LEAST)
    assert (least.name, least.description, least.environment, least.seed) == ("least", "", "stub", 1)
    assert least.users == UserIds("user-{run}-{n}", None, None, unique=True)
    assert least.user_file is None
    assert least.schedule.planned() == 600
    assert least.schedule.arrivals == "even"
    assert (least.timeout_ns, least.max_in_flight, least.connections) == (10 * NS, 200, "reuse")
    assert not least.tracing
    assert (least.addresses, least.tls_resumption) == ("all", True)
    assert (least.limits.lag_p99_ns, least.limits.cpu_share) == (10_000_000, Fraction(9, 10))
    assert [target.expr for target in least.targets] == ["p95 < 400ms"]


def test_a_long_scenario_is_taken_at_its_word() -> None:
    most = scenario(MOST)
    assert most.description == "Everything that can be said,\non two lines.\n"
    assert most.environment == "staging"
    assert most.environment_at == Place("x.yaml", 5, 14)
    assert most.users_at == Place("x.yaml", 7, 7)
    assert most.peak_at == Place("x.yaml", 13, 29)
    returning = Returning(Fraction(1, 5), 50, "zipf", Fraction(11, 10))
    assert most.users == UserIds("user-{run}-{n}", None, returning, unique=False)
    ramp = most.schedule.stages[1]
    assert (ramp.start_rate, ramp.end_rate, ramp.duration_ns, ramp.warmup) == (
        Fraction(20),
        Fraction(3, 2),
        90 * NS,
        False,
    )
    assert (most.schedule.arrivals, most.schedule.seed) == ("poisson", 2**63 - 1)
    assert (most.timeout_ns, most.max_in_flight, most.connections) == (NS // 4, 17, "per_session")
    assert (most.addresses, most.tls_resumption) == ("first", False)
    assert most.tracing == Tracing(w3c=True, sampled=Fraction(1, 40), request_id="x-request-id")
    assert (most.limits.lag_p99_ns, most.limits.cpu_share) == (50_000_000, Fraction(3, 4))
    assert most.targets[1].abort
    assert most.targets[1].window_ns == 30 * NS


@pytest.mark.parametrize("order", ["round_robin", "zipf"])
def test_users_return_in_turn_or_unevenly(order: str) -> None:
    text = LEAST.replace('"}', f'", returning: {{share: 20%, pool: 50, order: {order}}}}}')
    assert scenario(text).users.returning == Returning(Fraction(1, 5), 50, order)
    plain = LEAST.replace('"}', '", returning: {share: 20%, pool: 50}}')
    assert scenario(plain).users.returning == Returning(Fraction(1, 5), 50)


@pytest.mark.parametrize(("rate", "most"), [("1/h", 1), ("20/s", 200), ("0.11/s", 2), ("99999/s", 10_000)])
def test_by_default_as_many_are_in_flight_as_a_dead_server_would_hold(rate: str, most: int) -> None:
    assert scenario(LEAST.replace("20/s", rate)).max_in_flight == most


@pytest.mark.parametrize(
    "text",
    [
        LEAST,
        MOST,
        LEAST.replace('"}', '", returning: {share: 20%, pool: 50}}'),
        LEAST.replace('"}', '", returning: {share: 20%, pool: 50, order: zipf}}'),
        LEAST.replace('"user-{run}-{n}"', "{file: users.csv, column: id}"),
        *[path.read_text() for path in SCENARIOS.glob("*.yaml")],
    ],
)
def test_a_resolved_scenario_is_the_same_scenario(text: str) -> None:
    once = scenario(text)
    twice = Scenario.check(Document(once.resolved, "x.yaml", {}))
    assert twice.resolved == once.resolved
    assert twice.schedule.stages == once.schedule.stages
    for name in ("name", "description", "environment", "users", "targets", "limits", "timeout_ns", "seed"):
        assert getattr(twice, name) == getattr(once, name)
    for name in ("connections", "addresses", "tls_resumption", "max_in_flight"):
        assert getattr(twice, name) == getattr(once, name)
    assert targets_of(once.resolved) == once.targets
    assert limits_of(once.resolved) == once.limits


@given(st.dictionaries(st.sampled_from(["max_lag", "max_cpu", "timeout"]), st.text(max_size=8)))
def test_a_strange_load_is_refused_or_can_be_resolved(extra: dict[str, str]) -> None:
    data = parse(LEAST.encode(), "x.yaml").data
    data["load"].update(extra)
    try:
        once = Scenario.check(Document(data, "x.yaml", {}))
    except InputError as error:
        hint = error.hint
    else:
        hint = "none is needed"
        assert limits_of(once.resolved) == once.limits
    assert hint


def test_a_file_of_ids_is_named_beside_the_scenario() -> None:
    text = LEAST.replace('"user-{run}-{n}"', "{file: users.csv, column: id}").encode()
    unread = Scenario.check(parse(text, "scenarios/x.yaml"))
    assert unread.user_file is not None
    assert Path(unread.user_file.path) == Path("scenarios/users.csv")
    assert (unread.user_file.column, unread.user_file.place) == ("id", Place("scenarios/x.yaml", 2, 20))
    ids = TextList.of(("ann", "bob"))
    read = unread.with_ids(ids)
    assert (read.users.ids, read.users.pattern, read.user_file) == (ids, None, None)
    plain = scenario(LEAST.replace('"user-{run}-{n}"', "{file: users.txt}"))
    assert plain.user_file is not None
    assert (plain.user_file.column, plain.user_file.separator) == (None, ",")


@pytest.mark.parametrize(
    ("written", "separator"), [('";"', ";"), ('"\\t"', "\t"), ("'|'", "|"), ('" "', " ")]
)
def test_the_fields_of_a_csv_file_may_have_another_separator(written: str, separator: str) -> None:
    by_column = f"{{file: users.csv, column: id, separator: {written}}}"
    checked = scenario(LEAST.replace('"user-{run}-{n}"', by_column))
    assert checked.user_file is not None
    assert checked.user_file.separator == separator
    again = Scenario.check(Document(checked.resolved, "x.yaml", {})).user_file
    assert again is not None
    assert again.separator == separator


def test_ids_are_judged_by_the_contract_before_any_traffic() -> None:
    asked: list[str] = []

    def fault_of(user_id: str) -> str | None:
        asked.append(user_id)
        return "it is too long" if len(user_id) > 12 else None

    scenario(LEAST).check_ids(fault_of, "run", by_length=True)
    assert asked == ["user-run-0", "user-run-599"]
    scenario(LEAST).check_ids(fault_of, "run")
    assert asked[4:] == [f"user-run-{number}" for number in range(600)]
    with pytest.raises(InputError) as caught:
        scenario(LEAST).check_ids(fault_of, "long-run")
    assert (caught.value.code, caught.value.place) == ("bad-user-id", Place("x.yaml", 2, 13))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("ids", "reason"), [((), "is empty"), (("ann",) * 600, "must be unique"), (("ann",), "1")]
)
def test_a_list_of_ids_must_last_for_the_run(ids: tuple[str, ...], reason: str) -> None:
    unread = scenario(LEAST.replace('"user-{run}-{n}"', "{file: users.txt}"))
    with pytest.raises(InputError) as caught:
        unread.with_ids(TextList.of(ids)).check_ids(lambda _: None, "run")
    assert caught.value.code == "bad-user-id"
    assert reason in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "target",
    ["p95: write me < 4", "p95; say unique < 1s", "add: did you mean p95 < 400ms", "p95 < 4: write it"],
)
def test_what_people_write_is_never_taken_for_a_cure(target: str) -> None:
    """A message repeats the target, and the hint is the parser's own, whatever stands in the target."""
    with pytest.raises(InputError) as caught:
        scenario(LEAST.replace("p95 < 400ms", f'"{target}"'))
    written = target.partition(" < ")
    assert any(f"'{part}'" in caught.value.message for part in (written[0], written[2]))
    assert caught.value.hint.startswith(("did you mean", "known here: achieved_rate", "write it like 30s"))
    assert "write me" not in caught.value.hint


def test_a_warm_up_may_have_several_stages() -> None:
    stages = (
        "{name: a, rate: 1/s, duration: 1s, warmup: true}, {name: b, rate: 1/s, duration: 1s, warmup: true}"
    )
    text = LEAST.replace("{name: peak", f"{stages}, {{name: peak")
    assert [stage.warmup for stage in scenario(text).schedule.stages] == [True, True, False]


@pytest.mark.parametrize("name", ["smoke", "demo", "launch"])
def test_the_scenarios_that_come_with_the_program_are_good(name: str) -> None:
    shipped = Scenario.check(read_document(SCENARIOS / f"{name}.yaml"))
    assert shipped.name == name
    shipped.check_ids(lambda one: None if len(one) <= 256 else "too long", "20260101-000000-abcd")


def test_demo_plans_what_its_stages_say() -> None:
    stages = Scenario.check(read_document(SCENARIOS / "demo.yaml")).schedule.stages
    assert [stage.area for stage in stages] == [100, 1100, 2000]


@pytest.mark.parametrize(
    ("warmup", "window", "message"),
    [
        ("1s", "4s", None),
        ("1500ms", "3s", None),
        ("1500ms", "4s", "is longer than the whole seconds of the run in the measured stages"),
        ("1s", "5s", "is longer than the measured stages together"),
    ],
)
def test_a_window_has_room_among_the_whole_seconds_of_the_measured_stages(
    warmup: str, window: str, message: str | None
) -> None:
    text = LEAST.replace(
        "[{name: peak, rate: 20/s, duration: 30s}]",
        f"[{{name: a, rate: 9/s, duration: {warmup}, warmup: true}}, {{name: b, rate: 9/s, duration: 4s}}]",
    ).replace("[p95 < 400ms]", f"[{{expr: p95 < 1s, window: {window}}}]")
    if message is None:
        assert Scenario.check(parse(text.encode(), "s.yaml")).targets[0].window_s == int(window[:-1])
        return
    with pytest.raises(InputError, match=message) as caught:
        Scenario.check(parse(text.encode(), "s.yaml"))
    assert caught.value.code == "window-too-long"


# Targets of some stages

STAGED = LEAST.replace(
    "[{name: peak, rate: 20/s, duration: 30s}]",
    "[{name: warm, rate: 9/s, duration: 5s, warmup: true}, {name: ramp, rate: 9/s, duration: 5s},"
    " {name: spike, rate: 99/s, duration: 4500ms}, {name: rest, rate: 9/s, duration: 5s}]",
)


@pytest.mark.parametrize(
    ("written", "stages"),
    [
        ("stage: spike", ("spike",)),
        ("stages: [spike]", ("spike",)),
        ("stages: [rest, ramp]", ("ramp", "rest")),
        ("stage: spike, window: 4s, abort: true", ("spike",)),
        ("stages: [spike, ramp], window: 9s", ("ramp", "spike")),
    ],
)
def test_a_target_names_stages_in_any_order(written: str, stages: tuple[str, ...]) -> None:
    found = scenario(STAGED.replace("[p95 < 400ms]", f"[{{expr: p95 < 1s, {written}}}]"))
    assert found.targets[0].stages == stages
    assert found.targets == scenario(json.dumps(found.resolved)).targets


@pytest.mark.parametrize(
    ("written", "code", "message", "hint"),
    [
        ("stage: spikes", "unknown-stage", "there is no stage 'spikes'", "did you mean 'spike'?"),
        (
            "stages: [ramp, seven]",
            "unknown-stage",
            "there is no stage 'seven'",
            "known here: ramp, rest, spike",
        ),
        ("stage: warm", "unknown-stage", "is a warm-up", "name a measured one: ramp, spike, rest"),
        ("stage: ramp, stages: [rest]", "stage-twice", "both 'stage' and 'stages'", "keep one"),
        ("stages: [ramp, ramp]", "stage-twice", "'ramp' is named twice", "remove one"),
        ("stages: []", "bad-target", "names no stage", "stages: [ramp, peak]"),
        ("stages: ramp", "bad-type", "", ""),
        (
            "stage: spike, window: 5s",
            "window-too-long",
            "longer than the stages that it is judged over together",
            "",
        ),
        ("stages: [ramp, rest], window: 6s", "window-too-long", "longer than the stages", "shorten"),
        ("stages: [rest], window: 5s", "window-too-long", "than the whole seconds of the run in", "shorten"),
    ],
)
def test_stages_that_cannot_be_judged_are_refused(written: str, code: str, message: str, hint: str) -> None:
    text = STAGED.replace("[p95 < 400ms]", f"[{{expr: p95 < 1s, {written}}}]")
    with pytest.raises(InputError) as caught:
        scenario(text)
    assert caught.value.code == code
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_where_the_stages_have_mistakes_a_target_is_not_held_against_them() -> None:
    text = STAGED.replace("rate: 99/s", "rate: 99").replace(
        "[p95 < 400ms]", "[{expr: p95 < 1s, stages: [spike, gone], window: 9h}]"
    )
    with pytest.raises(InputError) as caught:
        scenario(text)
    assert caught.value.code == "bad-rate"


# Targets over time


@pytest.mark.parametrize(
    "written",
    [
        "drift.p95 < 5%/h",
        "{expr: drift.p95 < 5%/h, stage: rest}",
        "recovery.p95 < 1s within 5s after spike",
        "recovery.p95 < 1s within 14s after warm",
    ],
)
def test_targets_over_time_are_read(written: str) -> None:
    (target,) = scenario(STAGED.replace("[p95 < 400ms]", f"[{written}]")).targets
    assert target.metric.over_time is not None


@pytest.mark.parametrize(
    ("written", "code", "message", "hint"),
    [
        ("recovery.p95 < 1s within 6s after spike", "nothing-to-judge", "for 6s, and there is 5 s", "add a"),
        ("recovery.p95 < 1s within 5s after rest", "nothing-to-judge", "and there is none", "add a stage"),
        ("recovery.p95 < 1s within 5s after spkie", "unknown-stage", "there is no stage", "'spike'"),
        ("recovery.p95 < 1s", "bad-target", "within what time", "after spike"),
    ],
)
def test_a_target_over_time_that_no_run_could_show_is_refused(
    written: str, code: str, message: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        scenario(STAGED.replace("[p95 < 400ms]", f"[{written}]"))
    assert caught.value.code == code
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_drift_without_a_stage_of_constant_rate_is_refused() -> None:
    text = LEAST.replace("rate: 20/s, duration", "rate: 20/s, ramp_to: 40/s, duration")
    with pytest.raises(InputError, match="needs a measured stage of constant rate"):
        scenario(text.replace("[p95 < 400ms]", "[drift.p95 < 5%/h]"))


def test_a_pause_is_no_load_to_recover_in() -> None:
    text = STAGED.replace("{name: rest,", "{name: still, rate: 0/s, duration: 5s}, {name: rest,")
    with pytest.raises(InputError, match="there has to be load for 5s, and there is none"):
        scenario(text.replace("[p95 < 400ms]", "[recovery.p95 < 1s within 5s after spike]"))


def test_in_a_scaled_scenario_there_may_be_too_little_load() -> None:
    text = STAGED.replace("[p95 < 400ms]", "[recovery.p95 < 1s within 6s after spike]")
    assert scenario(f"{text}scale: {{time: 50%}}\n").targets
