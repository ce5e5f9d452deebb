"""Claim: from one processor come at least 6 times k6's and 3 times FastHttpUser's session starts.

k6 as constant-arrival-rate with a check on status and session key; Locust's FastHttpUser in a closed loop
with a jsonschema check; the others for comparison. All in one run, each with all its processes on one
processor, against the same nginx on another, and all measured alike, in the middle of their work: what
arrives at nginx, and the processor time of the tool's processes. Two ratios must be reached: by the rate that
one processor comes to, and by the session starts for a second of processor time.

A rate is held by an open tool when nginx sees 99 % of it, at most 1 % was left out by the tool, and p99 of
the lateness is under 10 ms where the tool knows it; otherwise the next lower one is tried. What does not hold
its lowest is taken by what came of it, but for sessionload, which must hold. A tool that is not here is a row
that says so; `python benchmarks/peers.py fetch` gets what there is.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rig.claims import MISSING, Table, begin, ms, parser_of, verdict
from rig.contest import Failed, Shot, take
from rig.held import LATE_MS
from rig.peers import FAST_HTTP_USER, K6, OURS, PEERS, Peer, Task
from rig.servers import nginx

if TYPE_CHECKING:
    from rig.servers import Nginx

AT_LEAST = {K6.name: 6.0, FAST_HTTP_USER.name: 3.0}
_QUICK = {OURS.name: 300, K6.name: 100}
_QUICK_RATE = 50
_SHARE = 0.99


def is_held(shot: Shot, task: Task) -> bool:
    """Tell whether an open tool held its rate."""
    claimed = shot.claimed
    enough = shot.per_second >= _SHARE * task.rate
    few_left = claimed.left_out <= (1 - _SHARE) * task.rate * task.seconds
    return enough and few_left and (claimed.late_ms is None or claimed.late_ms < LATE_MS)


class Contest:
    """The table of all tools, our own first, with what ours comes to for each of theirs."""

    def __init__(self, server: Nginx, *, quick: bool) -> None:
        self._server, self._quick = server, quick
        self._seconds = 2 if quick else 15
        self._ours: Shot | None = None
        self.ratios: dict[str, tuple[float, float]] = {}
        """By rate and by processor time, of the tools that were measured."""
        self._table = Table(
            *(
                "tool",
                "checks",
                "asked",
                "arrived",
                "CPU/start",
                "starts/CPU s",
                "bad",
                "left out",
                "late p99",
            ),
            *("held", "by rate", "by CPU"),
            first=13,
        )

    def enter(self, peer: Peer) -> None:
        """Measure a tool at its highest rate, and print a row for each rate that was tried."""
        program = peer.find()
        if program is None:
            self._table.remark(peer.name, f"is not here: {peer.cure}")
            return
        shot = held = None
        for rate in self._rates(peer):
            with tempfile.TemporaryDirectory() as name:
                task = Task(self._server, rate, self._seconds, Path(name))
                try:
                    shot = take(peer, program, task, self._server)
                except Failed as failure:
                    self._table.remark(peer.name, f"failed: {failure}")
                    continue
            held = is_held(shot, task) if rate else None
            last = held or held is None or rate == self._rates(peer)[-1]
            self._row(peer, task, shot, held=held, last=last)
            if last:
                break
        if peer.name == OURS.name and held:
            self._ours = shot

    def _rates(self, peer: Peer) -> tuple[int, ...]:
        if self._quick and peer.rates:
            return (_QUICK.get(peer.name, _QUICK_RATE),)
        return peer.rates or (0,)

    def _row(self, peer: Peer, task: Task, shot: Shot, *, held: bool | None, last: bool) -> None:
        ratios = ["-", "-"]
        if self._ours is not None and last:
            by_rate = self._ours.per_second / shot.per_second
            self.ratios[peer.name] = by_rate, shot.cpu_us / self._ours.cpu_us
            ratios = [f"{ratio:.2f}" for ratio in self.ratios[peer.name]]
        self._table.row(
            peer.name,
            peer.checks,
            f"{task.rate:,}/s" if task.rate else "closed",
            f"{shot.per_second:,.0f}/s",
            f"{shot.cpu_us:.1f} us",
            f"{1e6 / shot.cpu_us:,.0f}",
            f"{shot.claimed.bad:,}",
            f"{shot.claimed.left_out:,}",
            ms(shot.claimed.late_ms),
            "-" if held is None else "yes" if held else "no",
            *ratios,
        )


def main() -> int:
    """Measure all that are here, and print the claims."""
    quick = begin(parser_of(__doc__)).quick
    with nginx() as server:
        contest = Contest(server, quick=quick)
        for peer in PEERS:
            contest.enter(peer)
    print()
    table = Table("than", "at least", "by rate", "by CPU", "claim", first=13)
    good = True
    for name, least in AT_LEAST.items():
        ratios = contest.ratios.get(name)
        reached = ratios is not None and min(ratios) >= least
        good = good and reached
        cells = [f"{ratio:.2f}" for ratio in ratios] if ratios else ["-", "-"]
        table.row(name, f"{least:.0f}", *cells, verdict(good=reached))
    if K6.find() is None:
        return MISSING
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
