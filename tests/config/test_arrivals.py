"""How people arrive: in bursts, in clusters, or when a file says; and what a scale makes of that."""

from __future__ import annotations

from array import array
from fractions import Fraction
from io import BytesIO, StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.config import arrival_file
from sessionload.config.arrival_file import instants_of
from sessionload.config.document import Document
from sessionload.config.environment import Environment
from sessionload.config.guard import guard
from sessionload.config.run_spec import RunInputs
from sessionload.config.scale import with_scale
from sessionload.config.scenario import Scenario
from sessionload.config.user_file import UserFile
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError, Place
from sessionload.units import NS
from sessionload.workload.recording import Recording

MS = 1_000_000
CAME = array("q", [n * NS // 2 for n in range(20)])
"""Two a second, for ten seconds."""


def document(load: str) -> Document:
    text = f'name: x\nusers: {{id: "u-{{run}}-{{n}}"}}\ntargets: [p95 < 1s]\nload: {load}\n'
    return parse(text.encode(), "some/x.yaml")


def scenario(load: str, scale: str = "", came: array[int] = CAME) -> Scenario:
    written = document(load)
    return Scenario.check(with_scale(written, scale) if scale else written, lambda _: came)


def refused(load: str, scale: str = "") -> InputError:
    with pytest.raises(InputError) as caught:
        scenario(load, scale)
    assert caught.value.hint
    return caught.value


def same_again(checked: Scenario, came: array[int] = CAME) -> bool:
    """Whether a resolved scenario is the same scenario."""
    again = Scenario.check(Document(checked.resolved, "some/x.yaml", {}), lambda _: came)
    return again.resolved == checked.resolved and list(again.schedule.stripe()) == list(
        checked.schedule.stripe()
    )


class TestBursts:
    LOAD = "{stages: [{rate: 10/s, duration: 5s}, {arrivals: 200, within: 200ms}, {duration: 5s}]}"

    def test_a_burst_is_exact_and_what_follows_goes_on_from_before_it(self) -> None:
        checked = scenario(self.LOAD)
        calm, burst, after = checked.schedule.stages
        assert (burst.name, burst.kind, int(burst.area), burst.duration_ns) == (
            "burst of 200 within 200ms",
            "burst",
            200,
            200 * MS,
        )
        assert calm.end_rate == after.start_rate == 10
        assert checked.schedule.planned() == 300
        assert checked.schedule.peak == 208
        assert checked.peak_at == Place("some/x.yaml", 4, 56)
        assert checked.max_in_flight == 2080
        assert same_again(checked)

    def test_a_burst_can_be_the_whole_load_or_a_warm_up_and_has_a_name(self) -> None:
        checked = scenario(
            "{stages: [{arrivals: 5, within: 1s, warmup: true}, {name: doors, arrivals: 7, within: 1ms}]}"
        )
        assert [(stage.name, stage.warmup) for stage in checked.schedule.stages] == [
            ("burst of 5 within 1s", True),
            ("doors", False),
        ]

    @pytest.mark.parametrize(
        ("stage", "code", "hint"),
        [
            ("{arrivals: 200}", "missing-key", "add within: 200ms"),
            ("{within: 200ms}", "missing-key", "add arrivals: 200"),
            ("{arrivals: 0, within: 1s}", "out-of-range", "bounds"),
            ("{arrivals: 2.5, within: 1s}", "bad-type", "digits"),
            ("{arrivals: 5, within: 200}", "bad-duration", "did you mean 200ms?"),
            ("{arrivals: 5, within: 10us}", "out-of-range", "bounds"),
            ("{arrivals: 5, within: 25h}", "out-of-range", "bounds"),
            ("{arrivals: 5, within: 1s, rate: 5/s}", "rate-and-burst", "remove it"),
            ("{arrivals: 5, within: 1s, duration: 5s}", "rate-and-burst", "remove it"),
            ("{arrivals: 5, within: 1s, warmup: 5s}", "bad-type", "true or false"),
            ("{arrivals: 5, within: 1s, colour: red}", "unknown-key", ""),
        ],
    )
    def test_what_is_no_burst_is_refused(self, stage: str, code: str, hint: str) -> None:
        error = refused(f"{{stages: [{stage}]}}")
        assert error.code == code
        assert hint in error.hint

    def test_nothing_goes_on_from_a_burst_alone(self) -> None:
        assert refused("{stages: [{arrivals: 5, within: 1s}, {duration: 5s}]}").code == "missing-key"

    def test_a_scale_of_the_rate_changes_how_many_come_and_one_of_the_time_leaves_it_alone(self) -> None:
        def sizes(scale: str) -> list[tuple[float, float]]:
            stages = scenario(self.LOAD, scale).schedule.stages
            return [(float(stage.area), stage.duration_ns / NS) for stage in stages]

        assert sizes("rate=10%") == [(5, 5), (20, 0.2), (5, 5)]
        assert sizes("time=10%") == [(5, 0.5), (200, 0.2), (5, 0.5)]
        assert sizes("time=2.2s") == [(10, 1), (200, 0.2), (10, 1)]
        assert sizes("rate=0.1%")[1] == (1, 0.2)
        assert scenario(self.LOAD, "rate=20.8/s").schedule.peak == Fraction("20.8")
        assert same_again(scenario(self.LOAD, "rate=50%,time=3s"))

    @pytest.mark.parametrize("scale", ["time=100ms", "time=200ms"])
    def test_a_time_without_room_beside_the_burst_is_refused(self, scale: str) -> None:
        assert refused(self.LOAD, scale).code == "bad-scale"

    def test_bursts_alone_take_the_time_that_they_say(self) -> None:
        load = "{stages: [{arrivals: 5, within: 1s}]}"
        assert scenario(load, "rate=40%,time=1s").schedule.planned() == 2
        assert scenario(load, "time=50%").schedule.planned() == 5
        assert "no other stage" in refused(load, "time=2s").message

    @given(st.integers(1, 500), st.integers(1, 3000), st.integers(1, 400))
    def test_a_scaled_peak_is_at_most_what_was_asked_for(self, burst: int, within_ms: int, peak: int) -> None:
        load = f"{{stages: [{{rate: 3/s, duration: 2s}}, {{arrivals: {burst}, within: {within_ms}ms}}]}}"
        assert scenario(load, f"rate={peak}/s").schedule.peak <= max(peak, 4)


class TestGamma:
    LOAD = "{arrivals: {gamma: 0.3}, stages: [{rate: 50/s, duration: 20s}]}"

    def test_a_shape_makes_clusters_and_is_kept(self) -> None:
        checked = scenario(self.LOAD)
        assert checked.schedule.arrivals == "gamma"
        assert checked.resolved["load"]["arrivals"] == {"gamma": 0.3}
        assert same_again(checked)
        assert list(checked.schedule.stripe()) != list(
            scenario(self.LOAD.replace("0.3", "0.4")).schedule.stripe()
        )

    def test_a_scale_is_that_of_its_stages(self) -> None:
        assert scenario(self.LOAD, "rate=10%,time=5s").schedule.stages[0].area == 25

    @pytest.mark.parametrize(
        ("written", "code"),
        [
            ("{gamma: 0.04}", "out-of-range"),
            ("{gamma: 21}", "out-of-range"),
            ("{gamma: '0.3'}", "bad-type"),
            ("{gamma: 0.3, speed: 2x}", "unknown-key"),
            ("{gama: 0.3}", "unknown-key"),
            ("gamma", "bad-choice"),
            ("{}", "missing-key"),
        ],
    )
    def test_what_is_no_shape_is_refused(self, written: str, code: str) -> None:
        error = refused(self.LOAD.replace("{gamma: 0.3}", written))
        assert code in {each.code for each in error.each}


class TestFile:
    LOAD = "{arrivals: {file: came.csv}}"

    def test_people_come_when_they_came(self) -> None:
        files: list[UserFile] = []

        def read(file: UserFile) -> array[int]:
            files.append(file)
            return CAME

        written = document("{arrivals: {file: came.csv, column: at, separator: ';'}, timeout: 2s}")
        checked = Scenario.check(written, read)
        assert [(file.path, file.column, file.separator) for file in files] == [("some/came.csv", "at", ";")]
        assert isinstance(checked.schedule, Recording)
        assert [arrival.due_ns for arrival in checked.schedule.stripe()] == list(CAME)
        assert checked.schedule.stages[0].name == "came.csv"
        assert "stages" not in checked.resolved["load"]
        assert checked.max_in_flight == 4
        assert same_again(checked)

    def test_speed_and_warm_up(self) -> None:
        checked = scenario("{arrivals: {file: 'what was.csv?', speed: 2x, warmup: 1s}}")
        assert [arrival.due_ns for arrival in checked.schedule.stripe()] == [came // 2 for came in CAME]
        assert [(stage.name, stage.warmup) for stage in checked.schedule.stages] == [
            ("warm-up", True),
            ("recorded", False),
        ]
        assert checked.schedule.peak == 4
        assert same_again(checked)
        slow = scenario("{arrivals: {file: a, speed: 0.3x}}", came=array("q", [0, 1]))
        assert [arrival.due_ns for arrival in slow.schedule.stripe()] == [0, 3]

    def test_a_scale_takes_a_part_of_the_time_and_of_the_people(self) -> None:
        def dues(scale: str) -> list[int]:
            return [arrival.due_ns for arrival in scenario(self.LOAD, scale).schedule.stripe()]

        assert dues("time=2s") == list(CAME[:4])
        assert dues("time=50%") == list(CAME[:10])
        assert dues("rate=25%") == list(CAME[::4])
        assert dues("rate=50%,time=4s") == list(CAME[:8:2])
        assert dues("rate=100%,time=10s") == list(CAME)

    @pytest.mark.parametrize("scale", ["rate=101%", "rate=5/s", "time=200%", "time=11s"])
    def test_a_scale_makes_no_more_of_it_than_there_is(self, scale: str) -> None:
        error = refused(self.LOAD, scale)
        assert (error.code, error.place) == ("bad-scale", Place("--scale"))

    def test_the_guards_of_an_environment_hold(self) -> None:
        def guarded(limit: str) -> None:
            data = {"here": {"embedded": True, **dict([limit.split("=")])}}
            if "max_sessions" in limit:
                data["here"]["max_sessions"] = int(limit.partition("=")[2])
            guard(scenario(self.LOAD), Environment.check(Document(data, "e.yaml", {}), "here", {}))

        guarded("max_rate=2/s")
        guarded("max_sessions=20")
        for limit, code in (("max_rate=1/s", "rate-over-limit"), ("max_sessions=19", "too-many-sessions")):
            with pytest.raises(InputError) as caught:
                guarded(limit)
            assert (caught.value.code, caught.value.place) == (code, Place("some/x.yaml", 4, 18))

    def test_without_a_reader_a_file_stands_for_one_arrival(self) -> None:
        assert Scenario.check(document(self.LOAD)).schedule.planned() == 1

    @pytest.mark.parametrize(
        ("load", "code"),
        [
            ("{arrivals: {file: a}, stages: [{rate: 1/s, duration: 1s}]}", "stages-and-file"),
            ("{arrivals: {file: 5}}", "bad-type"),
            ("{arrivals: {file: a, column: 5}}", "bad-type"),
            ("{arrivals: {file: a, separator: ';'}}", "unused-key"),
            ("{arrivals: {file: a, speed: 2}}", "bad-speed"),
            ("{arrivals: {file: a, speed: 0x}}", "bad-speed"),
            ("{arrivals: {file: a, speed: 1001x}}", "bad-speed"),
            ("{arrivals: {file: a, warmup: 30}}", "bad-duration"),
            ("{arrivals: {file: a, warmup: 10us}}", "out-of-range"),
            ("{arrivals: {file: a, warmup: 1h}}", "bad-schedule"),
            ("{arrivals: {file: a, gamma: 0.3}}", "unknown-key"),
            ("{arrivals: {file: a, colour: red}}", "unknown-key"),
            ("{arrivals: {column: a}}", "missing-key"),
        ],
    )
    def test_what_is_no_file_of_arrivals_is_refused(self, load: str, code: str) -> None:
        assert code in {each.code for each in refused(load).each}


class TestInstants:
    @staticmethod
    def read(text: str, column: str | None = None) -> list[int]:
        return list(instants_of(StringIO(text), UserFile("came.csv", column, Place("x.yaml", 4, 5))))

    @given(st.lists(st.integers(0, 10**18), min_size=1), st.booleans())
    def test_seconds_are_exact_to_the_nanosecond(self, instants: list[int], named: bool) -> None:  # noqa: FBT001
        rising = sorted(instants)
        lines = [f"{ns // NS}.{ns % NS:09d}" for ns in rising]
        text = "\n".join(["who,at", *(f"me,{line}" for line in lines)] if named else lines)
        assert self.read(text, "at" if named else None) == [ns - rising[0] for ns in rising]

    def test_dates_with_a_time_are_exact_too_whatever_their_zone(self) -> None:
        text = (
            "2024-02-28T23:59:60Z\n2024-02-29 00:00:00.000000001z\n"
            "2024-02-29t02:00:00.25+02:00\n2024-02-28T18:30:01-05:30\n"
        )
        assert self.read(text) == [0, 1, NS // 4, NS]

    @pytest.mark.parametrize(
        ("text", "code", "line"),
        [
            ("", "no-arrivals", 1),
            ("1\n2\n\n3\n", "bad-instant", 3),
            ("1\n-2\n", "bad-instant", 2),
            ("1\n1e3\n", "bad-instant", 2),
            ("1.0000000001\n", "bad-instant", 1),
            ("1\n2026-11-26T19:30:00Z\n", "bad-instant", 2),
            ("2026-11-26T19:30:00Z\n5\n", "bad-instant", 2),
            ("2026-11-26T19:30:00\n", "bad-instant", 1),
            ("2026-02-29T19:30:00Z\n", "bad-instant", 1),
            ("2026-11-26T24:30:00Z\n", "bad-instant", 1),
            ("at\n1\n", "bad-instant", 1),
            ("1\n2\n1.999\n", "unsorted-arrivals", 3),
            ("1\n2\n3\n4\n", "too-many-arrivals", 4),
        ],
    )
    def test_a_line_that_is_wrong_is_named(
        self, text: str, code: str, line: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(arrival_file, "MOST_INSTANTS", 3)
        with pytest.raises(InputError) as caught:
            self.read(text)
        assert (caught.value.code, caught.value.place) == (code, Place("came.csv", line))
        assert caught.value.hint

    @pytest.mark.parametrize(
        ("text", "code", "line"),
        [
            ("who,at\n", "no-arrivals", 1),
            ("who,when\n", "no-such-column", 1),
            ("who,at\nme,1\nme,\n", "empty-cell", 3),
            ('who,at\n"m\ne",2\nme,1\n', "unsorted-arrivals", 4),
        ],
    )
    def test_so_is_a_row_of_csv(self, text: str, code: str, line: int) -> None:
        with pytest.raises(InputError) as caught:
            self.read(text, "at")
        assert (caught.value.code, caught.value.place) == (code, Place("came.csv", line))


def test_inputs_carry_the_instants_to_other_processes() -> None:
    given: dict[str, Any] = {
        **dict.fromkeys(("run_id", "started", "scenario_file", "environments_file", "environment"), "x"),
        **dict.fromkeys(("contract_file", "contract_sha256"), "x"),
        "scenario": {},
        "environments": {},
        "contract": {},
        "machine": {},
    }
    sent = b"".join(RunInputs(**given, instants=CAME).pieces())
    received = RunInputs.read(BytesIO(sent))
    assert received is not None
    assert received.instants == CAME
    assert RunInputs.read(BytesIO(sent[:-1])) is None
