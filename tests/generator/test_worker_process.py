"""The generator as a process: what it says, what it obeys, and what is known when it dies."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import psutil
import pytest
import trustme

from sessionload.generator.worker_process import GeneratorProcess, run_variables
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.metrics.raw import RawDelta
from sessionload.metrics.run_totals import RunTotals
from sessionload.metrics.stage_sums import over
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import KEY_VARIABLE, StubSettings
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.verdict import State
from sessionload.workload.text_list import TextList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sessionload.config.run_spec import RunInputs, RunSpec
    from sessionload.secret import Secret

    PlanFor = Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]


@contextmanager
def started(inputs: RunInputs, variables: dict[str, str]) -> Iterator[GeneratorProcess]:
    """A generator that has its inputs."""
    with GeneratorProcess(variables) as generator:
        generator.start(inputs)
        yield generator


def follow(generator: GeneratorProcess, meet: Callable[[RunTotals], None] = lambda _: None) -> RunTotals:
    """Take deltas to the end, and `meet` each state of the totals."""
    totals = RunTotals()
    for delta in generator.deltas():
        totals.add(delta)
        meet(totals)
    return totals


class Once:
    """Does something to a generator as soon as it has sent enough."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self.done_at = 0.0

    def __call__(self, totals: RunTotals) -> None:
        if not self.done_at and totals.measurement.sent >= 20:
            self.done_at = time.monotonic()
            self._act()


def test_a_whole_run_is_reported_in_numbered_deltas(
    plan_for: PlanFor, api_key: Secret, tmp_path: Path
) -> None:
    """Locust has patched TLS in the generator; the run is the same over it."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = ca.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    tls = {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    with StubProcess.start(StubSettings(latency="5ms"), api_key, tls=tls) as stub:
        environment = {"ca_file": str(tmp_path / "ca.pem")}
        inputs, spec, variables = plan_for(
            stub.url, rate="50/s", duration="2s", environment=environment, load={"max_cpu": "100%"}
        )
        variables |= {"LOCUST_WEB_PORT": "not a port", "LOCUST_USERS": "junk"}
        with started(inputs, variables) as generator:
            assert os.getsid(generator.pid) != os.getsid(0)
            numbers: list[int] = []
            totals = follow(generator, lambda totals: numbers.append(totals.latest[0].number))
            stderr_tail = generator.stderr_tail
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 3
    assert totals.complete()
    assert stderr_tail == ""
    assert over(totals.measurement).outcomes == {Outcome.OK: 100}
    result = finalize_result(spec.header, totals)
    assert (result.verdict.state, result.lost) == (State.MET, 0)
    assert 2 <= result.run.seconds < 5


def test_a_generator_that_is_killed_has_lost_arrivals_and_the_run_is_void(
    plan_for: PlanFor, api_key: Secret
) -> None:
    with StubProcess.start(StubSettings(), api_key) as stub:
        inputs, spec, variables = plan_for(stub.url, rate="40/s", duration="60s")
        with started(inputs, variables) as generator:
            kill = Once(lambda: os.kill(generator.pid, signal.SIGKILL))
            totals = follow(generator, kill)
            assert time.monotonic() - kill.done_at < 5
            stderr_tail = generator.stderr_tail
            generator.stop()
            generator.cut()  # there is nobody to hear it, and that is no error
        page = stub.ledger()
    assert stderr_tail == ""
    assert not totals.complete()
    result = finalize_result(spec.header, totals)
    known = over(totals.measurement).accounted
    assert result.lost == 2400 - known > 0
    assert result.verdict.state is State.VOID
    assert known <= page["arrivals"] <= 2400
    assert result.accounting.closes


@pytest.mark.parametrize("order", ["stop", "stop in time", "SIGTERM", "cut", "the end of its input"])
def test_a_generator_ends_at_a_command_and_when_its_input_ends(
    plan_for: PlanFor, api_key: Secret, order: str
) -> None:
    """Answers take 400 ms, so some are in flight: a drain waits for them, a cut does not."""
    with StubProcess.start(StubSettings(latency="400ms"), api_key) as stub:
        inputs, spec, variables = plan_for(stub.url, rate="40/s", duration="60s")
        with started(inputs, variables) as generator:
            stdin = generator._process.stdin
            assert stdin is not None
            act = Once(
                {
                    "stop": generator.stop,
                    "stop in time": lambda: generator.stop(60),
                    "SIGTERM": lambda: os.kill(generator.pid, signal.SIGTERM),
                    "cut": generator.cut,
                    "the end of its input": stdin.close,
                }[order]
            )
            totals = follow(generator, act)
            assert time.monotonic() - act.done_at < 5
            assert generator._process.wait(5) == 0
            assert generator.stderr_tail == ""
        page = stub.ledger()
    result = finalize_result(spec.header, totals)
    whole = over(totals.measurement)
    assert (result.lost, whole.accounted) == (0, 2400)
    assert whole.sent == page["arrivals"]
    drained = {Outcome.OK} if order in {"stop", "stop in time", "SIGTERM"} else {Outcome.OK, Outcome.ABORTED}
    assert set(whole.outcomes) == drained


def test_a_drain_ends_after_the_seconds_that_it_is_given(plan_for: PlanFor, api_key: Secret) -> None:
    with StubProcess.start(StubSettings(faults=("hang always",)), api_key) as stub:
        inputs, spec, variables = plan_for(stub.url, rate="40/s", duration="60s", load={"timeout": "60s"})
        with started(inputs, variables) as generator:
            act = Once(lambda: generator.stop(0.5))
            totals = follow(generator, act)
            assert 0.5 <= time.monotonic() - act.done_at < 10
    assert totals.complete()
    assert set(over(totals.measurement).outcomes) == {Outcome.ABORTED}
    assert over(totals.measurement).accounted == spec.header.planned


def test_what_a_generator_complains_of_is_passed_on_without_the_key(
    plan_for: PlanFor, api_key: Secret
) -> None:
    """Its environment is not in the file: such a thing is refused long before, so it ends badly."""
    inputs, spec, variables = plan_for("http://127.0.0.1:9")
    with started(replace(inputs, environment="nowhere"), variables) as generator:
        totals = follow(generator)
        stderr_tail = generator.stderr_tail
    assert "there is no environment 'nowhere'" in stderr_tail
    assert api_key.hide(stderr_tail) == stderr_tail
    result = finalize_result(spec.header, totals)
    assert (result.lost, result.verdict.state) == (100, State.VOID)


# Programs that stand in for the generator


@pytest.fixture
def stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan_for: PlanFor
) -> Callable[..., GeneratorProcess]:
    """Start these lines of Python in place of the generator."""

    def start(text: str, **inputs: Any) -> GeneratorProcess:  # noqa: ANN401 -- fields of the inputs
        program = tmp_path / "program"
        program.write_text(f"#!{sys.executable}\nimport sys\n{text}\n")
        program.chmod(0o700)
        planned, _, variables = plan_for("http://127.0.0.1:9")
        monkeypatch.setattr(sys, "executable", str(program))
        generator = GeneratorProcess(variables)
        generator.start(replace(planned, **inputs))
        return generator

    return start


def line_of(number: int, *, last: bool = False) -> str:
    delta = RawDelta(0, number, 0, 0, 0, 0, last, MeasurementRecorder().raw())
    return delta.line().decode().rstrip()


def test_a_line_that_was_cut_short_is_left_out(stand_in: Callable[..., GeneratorProcess]) -> None:
    program = f"print({line_of(0)!r})\nprint({line_of(1)!r})\nprint({line_of(2)[:-9]!r}, end='')"
    with stand_in(program) as generator:
        totals = follow(generator)
    assert [delta.number for delta in totals.latest.values()] == [1]
    assert (totals.gaps, totals.complete()) == (0, False)


def test_deltas_that_come_late_are_waited_for(stand_in: Callable[..., GeneratorProcess]) -> None:
    with stand_in(f"import time\ntime.sleep(0.4)\nprint({line_of(0, last=True)!r})") as generator:
        assert follow(generator).complete()


def test_only_the_end_of_a_long_complaint_is_kept(stand_in: Callable[..., GeneratorProcess]) -> None:
    with stand_in(r"sys.stderr.buffer.write(b'x' * 100_000 + b'\n' + b'the end \xff\n')") as generator:
        assert follow(generator).latest == {}
        assert generator.stderr_tail.endswith("x\nthe end \N{REPLACEMENT CHARACTER}")
        assert len(generator.stderr_tail) <= 4000


def test_a_generator_that_does_not_listen_does_not_hold_up_who_started_it(
    stand_in: Callable[..., GeneratorProcess],
) -> None:
    """It ends without having read a spec that is larger than any pipe."""
    ids = TextList.of(f"user-{number:08}" for number in range(100_000))
    with stand_in("sys.exit(3)", ids=ids) as generator:
        assert follow(generator).latest == {}
        generator.stop()
    generator.stop()
    generator.cut()


def test_user_ids_larger_than_any_pipe_arrive_whole(stand_in: Callable[..., GeneratorProcess]) -> None:
    ids = TextList.of(f"user-{number:08}" for number in range(100_000))
    count = (
        "from sessionload.config.run_spec import RunInputs\n"
        "ids = RunInputs.read(sys.stdin.buffer).ids\nprint(len(ids), ids[99_999], file=sys.stderr)"
    )
    with stand_in(count, ids=ids) as generator:
        follow(generator)
        assert generator.stderr_tail == "100000 user-00099999"


def test_a_command_in_the_middle_of_the_inputs_follows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a signal handler gives one, which runs between two writes."""
    with GeneratorProcess(run_variables()) as generator:
        process = generator._process
        assert process.stdin is not None
        process.stdin.close()
        read_end, write_end = os.pipe()
        monkeypatch.setattr(process, "stdin", os.fdopen(write_end, "wb"))

        class Interrupted:
            def pieces(self) -> Iterator[bytes]:
                yield b"a line\n"
                generator.stop(2.5)
                yield b"user IDs"
                generator.cut()

        generator.start(cast("RunInputs", Interrupted()))
        generator.stop()
        process.stdin.close()
        with os.fdopen(read_end, "rb") as stream:
            sent = stream.read()
    assert sent == b"a line\nuser IDsstop 2.500\ncut\nstop\n"


def test_no_generator_outlives_its_block(stand_in: Callable[..., GeneratorProcess]) -> None:
    def leave_badly() -> None:
        with stand_in("import time\ntime.sleep(60)") as generator:
            pids.append(generator.pid)
            raise KeyError

    pids: list[int] = []
    began = time.monotonic()
    with pytest.raises(KeyError):
        leave_badly()
    assert time.monotonic() - began < 5
    assert not psutil.pid_exists(pids[0])


def test_a_generator_that_gets_no_inputs_ends_quietly_with_its_input() -> None:
    with GeneratorProcess(run_variables()) as generator:
        process = generator._process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0
        assert list(generator.deltas()) == []
        assert generator.stderr_tail == ""


def test_the_variables_of_each_run_have_a_key_to_a_stub_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING_ELSE", "is kept")
    first, second = run_variables(), run_variables()
    assert first["SOMETHING_ELSE"] == "is kept"
    assert first[KEY_VARIABLE] != second[KEY_VARIABLE]
    assert KEY_VARIABLE not in os.environ
