"""A worker: it performs what a master deals to it, and sends back what it measured.

It gets the inputs of the run from the master and the key from its own environment variable, starts one
session to see that it can, and then sends only while it holds a lease: a master that is gone or cut off means
silence within seconds. Each delta is kept on disk, and sent again, until the master says that it has it.
"""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

import sessionload
from sessionload.config.run_spec import RunInputs, run_spec_of
from sessionload.distribution.channel import Channel
from sessionload.distribution.digests import Digests
from sessionload.distribution.kept_deltas import REPORTS, KeptDeltas
from sessionload.distribution.messages import (
    FROM_MASTER,
    Alive,
    Brief,
    Cut,
    Deal,
    DeltaLine,
    Hello,
    KeyHashes,
    KeysChecked,
    Lease,
    Leave,
    Ping,
    Pong,
    Ready,
    Refused,
    Start,
    Stop,
)
from sessionload.distribution.no_part import NoPartError
from sessionload.errors import SessionloadError
from sessionload.generator.engine import DELTA_EVERY_S, LoadEngine
from sessionload.generator.locust_users import SessionUser, start_users_of
from sessionload.generator.shared_keys import SharedKeys
from sessionload.generator.turn_engine import engine_of, most_connections
from sessionload.process_limits import allow_connections
from sessionload.storage.run_folder import RunFolder
from sessionload.suite.preflight import preflight
from sessionload.units import duration_text
from sessionload.workload.deal import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.runners import WorkerRunner

    from sessionload.config.run_spec import RunSpec
    from sessionload.distribution.messages import Message

_ALIVE_EVERY_S = 1.0
_AGAIN_S = 2.0
"""What the master has not answered after this time is sent again."""
_LAST_WORDS_S = 10.0
"""How long the last delta is sent again before the worker gives up."""
_SILENCE_S = 15.0
"""Before the load the master says something each second; one that is silent for so long is gone."""
_LEAVE_S = 5.0
"""How long the master has to deal what this worker had to others, when it is told to end."""
_DEAL_TAKES_S = 3.5
"""From a new deal until it holds, at most."""
_GIVE_UP_S = 60.0
"""Under load a master may be silent for so long, and nothing is sent meanwhile; then it is gone for good."""
_TICK_S = 0.05
_KEYS_S = 2.0
"""How long the last comparison of session keys is waited for, at the end."""
_KEEP_S = 5.0
"""How long a worker whose master is gone has to cut what is in flight and to keep its last delta."""


class Worker:
    """A worker whose runner has a master. It can take part in several runs, one after another."""

    def __init__(
        self,
        runner: WorkerRunner,
        *,
        host: str = "",
        tell: Callable[[str], object] = lambda _: None,
        out: Path | None = None,
        files: Digests | None = None,
    ) -> None:
        """Work on a machine of the name `host`; `tell(sentence)` hears how it goes.

        With `files`, the digests of files of its own, it takes part in a run of the same files only.
        What is measured is kept in `out`, or in a new folder under `reports/`, until the master has it.
        """
        self._out = out
        self._files = files
        self._runner = runner
        self._host = host
        self._tell = tell
        self._forget()
        channel = Channel(runner, FROM_MASTER, lambda _, message: self._obey(message))
        self._send = channel.send

    def _forget(self) -> None:
        """Begin anew, with nothing known of a run."""
        self._brief: Brief | None = None
        self._start: Start | None = None
        self._refused: Refused | None = None
        self._engine: LoadEngine | None = None
        self._early: list[Deal | Stop | Cut] = []
        """What the master said about the load before there was an engine."""
        self._lease_end_ns = 0
        self._deal = 0
        """The number of the newest deal that is known here."""
        self._unconfirmed: dict[int, tuple[float, DeltaLine]] = {}
        """Deltas that the master has not confirmed, with the instant at which each was sent last."""
        self._confirmed = Event()
        self._keys = SharedKeys(b"")
        self._kept: KeptDeltas | None = None
        self._kept_in: str | None = None
        """The folder of the run, if that is on this machine."""
        self._reported = Event()
        """Whether the last delta was made."""
        self._left = Event()
        """Whether the master has dealt what this worker had to others."""
        self._heard_s = time.monotonic()

    def run(self, wait_s: float) -> None:
        """Take part in the next run that the master begins within `wait_s`, to its end.

        Raises `NoPartError`.
        """
        self._forget()
        brief = self._introduce(wait_s)
        spec = self._prepare(brief)
        self._wait_for(lambda: self._start is not None, lambda: self._heard_s + _SILENCE_S)
        assert self._start is not None  # noqa: S101 - it was waited for
        start = self._start
        self._keys = SharedKeys(start.key_salt)
        self._engine = engine_of(
            spec,
            worker=brief.worker,
            part=Part(start.first, start.stripe, start.stripes),
            shared_keys=self._keys,
        )
        self._engine.lease(self._lease_end_ns)
        alive = gevent.spawn(self._say_alive)
        self._kept = KeptDeltas.of(self._folder(spec, brief.worker), spec.header, brief.worker, self._tell)
        self._kept.deal(Part(start.first, start.stripe, start.stripes))
        for message in self._early:
            self._change(self._engine, message)
        self._tell("the load begins")
        try:
            self._execute(self._engine, start)
        finally:
            alive.kill()
            self._engine = None
        if not self._confirmed.is_set():
            self._kept.close()
            raise NoPartError(
                "the master did not say that it has all that was measured here; that is kept in"
                f" {self._kept.path}, and `sessionload report` makes a report of the folders of all workers",
                3,
            )
        self._kept.drop()

    @property
    def busy(self) -> bool:
        """Whether there is load."""
        return self._engine is not None

    def leave(self) -> bool:
        """Let others perform what is not due yet, drain, and end; return whether there is load."""
        if self._engine is None:
            return False
        self._send(Leave())
        gevent.spawn(self._stop_when_left, self._engine)
        return True

    def cut_and_keep(self) -> None:
        """End the load at once, if there is any, and keep what was measured."""
        if self._engine is not None:
            self._engine.cut()
            self._reported.wait(_KEEP_S)

    def _stop_when_left(self, engine: LoadEngine) -> None:
        self._left.wait(_LEAVE_S)
        engine.stop()

    # Before the load

    def _introduce(self, wait_s: float) -> Brief:
        end_s = time.monotonic() + wait_s
        while self._brief is None:
            self._send(self._hello())
            again_s = time.monotonic() + _AGAIN_S
            self._wait_for(lambda: self._brief is not None or time.monotonic() > again_s, lambda: end_s)  # noqa: B023
        return self._brief

    def _hello(self) -> Hello:
        scenario, contract = self._files[:2] if self._files else ("", "")
        return Hello(sessionload.__version__, os.getpid(), self._host, scenario, contract)

    def _wait_for(self, condition: Callable[[], bool], until_s: Callable[[], float]) -> None:
        """Wait until something is so. Raises `NoPartError` when the master refuses, or it is too late."""
        while not condition():
            if self._refused is not None:
                code = 2 if self._refused.mismatch else 3
                raise NoPartError(f"the master refuses this worker: {self._refused.reason}", code)
            if time.monotonic() > until_s():
                raise NoPartError("the master does not say anything any more, and nothing was sent", 3)
            gevent.sleep(_TICK_S)

    def _prepare(self, brief: Brief) -> RunSpec:
        """Check the inputs and start one session. Raises `NoPartError`."""
        try:
            inputs = RunInputs.read(io.BytesIO(brief.inputs))
            if inputs is None:
                raise NoPartError("the inputs of the run cannot be read on this machine", 2)  # noqa: TRY301 - the master is told as of the others
            self._kept_in = inputs.kept_in
            spec = run_spec_of(inputs, os.environ)
            self._tell(f"worker {brief.worker + 1} of run {spec.run_id} against {spec.environment.name}")
            answer = preflight(spec)
        except (SessionloadError, NoPartError) as error:
            self._send(Ready(str(error)[:2000]))
            raise NoPartError(str(error), error.exit_code) from None
        allow_connections(most_connections(spec))
        self._tell(f"preflight passed in {duration_text(answer.elapsed_ns)}; waiting for the others")
        self._send(Ready(environment=Digests.of(spec).environment))
        return spec

    def _folder(self, spec: RunSpec, worker: int) -> RunFolder:
        """Return where this worker keeps what it measures: beside the run, if that is on this machine."""
        if self._kept_in is not None:
            return RunFolder(Path(self._kept_in)).of_worker(worker + 1)
        return RunFolder(self._out or REPORTS / f"{spec.run_id}-worker-{worker + 1}")

    # Under load

    def _execute(self, engine: LoadEngine, start: Start) -> None:
        SessionUser.engine = engine
        ended = Event()
        reporter = gevent.spawn(self._report_often, engine, ended)
        engine.run(start_users_of(self._runner), start.origin_ns)
        ended.set()
        reporter.join()
        self._runner.stop()
        self._compare_last_keys(engine)
        self._report(engine, last=True)
        self._reported.set()
        end_s = time.monotonic() + _LAST_WORDS_S
        while not self._confirmed.wait(0.1) and time.monotonic() < end_s:
            self._send_again()

    def _say_alive(self) -> None:
        """Ask for a lease, again and again."""
        while True:
            self._send(Alive(time.monotonic_ns(), self._deal))
            gevent.sleep(_ALIVE_EVERY_S)

    def _compare_last_keys(self, engine: LoadEngine) -> None:
        """Judge what has ended, and wait a little for the comparison of its keys."""
        self._report(engine)
        end_s = time.monotonic() + _KEYS_S
        while not self._keys.all_answered and time.monotonic() < end_s:
            gevent.sleep(_TICK_S)
        self._keys.give_up()

    def _report_often(self, engine: LoadEngine, ended: Event) -> None:
        while not ended.wait(DELTA_EVERY_S):
            if engine.begun:
                self._report(engine)
            self._send_again()
            if time.monotonic() - self._heard_s > _GIVE_UP_S:
                engine.cut()

    def _report(self, engine: LoadEngine, *, last: bool = False) -> None:
        delta = engine.delta(last=last)
        message = DeltaLine(delta.number, delta.line(), last)
        if self._kept is not None:
            self._kept.add(message.line)
        self._unconfirmed[delta.number] = (time.monotonic(), message)
        self._send(message)
        batch = self._keys.batch()
        if batch is not None:
            self._send(KeyHashes(*batch))

    def _send_again(self) -> None:
        now_s = time.monotonic()
        for number, (sent_s, message) in list(self._unconfirmed.items()):
            if now_s - sent_s > _AGAIN_S:
                self._unconfirmed[number] = (now_s, message)
                self._send(message)

    # What the master says

    def _obey(self, message: Message) -> None:
        self._heard_s = time.monotonic()
        match message:
            case Ping(sent_ns=sent_ns):
                self._send(Pong(sent_ns, time.monotonic_ns()))
            case Brief():
                self._brief = message
            case Refused():
                self._refused = message
            case Start():
                self._start = message
                self._deal = max(self._deal, message.deal)
                self._send(Alive(time.monotonic_ns(), self._deal))  # the lease is there when the load begins
            case Lease():
                self._renew(message)
            case KeysChecked(number=number, repeated=repeated, forgotten=forgotten):
                self._keys.answer(number, repeated, forgotten)
            case Deal(deal=deal) if deal <= self._deal:
                return  # it is known already
            case Deal() | Stop() | Cut() if self._engine is None:
                self._early.append(message)
                self._deal = message.deal if isinstance(message, Deal) else self._deal
            case Deal() | Stop() | Cut() if self._engine is not None:
                self._change(self._engine, message)

    def _change(self, engine: LoadEngine, message: Deal | Stop | Cut) -> None:
        match message:
            case Deal(first=first, stripe=stripe, stripes=stripes, deal=deal):
                self._deal = deal
                engine.deal(Part(first, stripe, stripes))
                if self._kept is not None:
                    self._kept.deal(Part(first, stripe, stripes))
                if not stripes:
                    gevent.spawn_later(_DEAL_TAKES_S, self._left.set)
            case Stop(grace_s=grace_s):
                engine.stop(grace_s)
            case Cut():
                engine.cut()

    def _renew(self, lease: Lease) -> None:
        """Take a lease, unless there is a deal that is not known here: the master sends it again."""
        if lease.deal <= self._deal:
            self._lease_end_ns = lease.end_ns
            if self._engine is not None:
                self._engine.lease(lease.end_ns)
        for number in [number for number in self._unconfirmed if number < lease.next_delta]:
            if self._unconfirmed.pop(number)[1].last:
                self._confirmed.set()
