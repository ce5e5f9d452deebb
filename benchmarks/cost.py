"""Claim: an exchange costs the generator at most 33 us of processor time, and 1.3 times that over TLS.

The first at the highest rate that is held over plain HTTP; the second at the highest that is held over TLS,
where plain HTTP and TLS take turns, so that what else the machine does weighs on both. Each answer is checked
against the contract, recorded, and visible in Locust's statistics. Against nginx on another processor, whose
certificate is verified; handshakes are few, because connections are kept. For comparison: the same bytes by
nothing but `send`, `recv` and `epoll`, before and after; the better of the two.
"""

from __future__ import annotations

import sys

from rig import bare
from rig.claims import Table, begin, parser_of, verdict
from rig.held import LADDER, descend, ladder_table, show
from rig.runs import Measured, run
from rig.servers import nginx

MOST_US = 33.0
MOST_RATIO = 1.3
TURNS = 2


def cost_us(runs: list[Measured]) -> float:
    """Return the generator's processor microseconds for one exchange, over several runs."""
    return sum(run.generator_us * run.sent for run in runs) / sum(run.sent for run in runs)


def main() -> int:
    """Find the rates that are held, take turns at the lower one, and print both claims."""
    quick = begin(parser_of(__doc__)).quick
    rates, seconds = ((300,), 0.5) if quick else ((*LADDER, 10_000, 5_000), 10.0)
    exchanges = 1_000 if quick else bare.EXCHANGES
    table = ladder_table()
    with nginx() as plain, nginx(tls=True) as secured:
        bare_us = [bare.exchange_us(plain.port, exchanges)]
        best = descend(plain, rates, seconds, table)
        both = descend(secured, [rate for rate in rates if rate <= best.rate], seconds, table)
        turns: dict[str, list[Measured]] = {plain.name: [], secured.name: []}
        for server in (plain, secured) * (1 if quick else TURNS):
            turns[server.name].append(run(server, both.rate, seconds))
            show(table, server, both.rate, turns[server.name][-1])
        bare_us.append(bare.exchange_us(plain.port, exchanges))
    least = best.measured.generator_us
    base, over_tls = cost_us(turns[plain.name]), cost_us(turns[secured.name])
    cheap = best.held and least <= MOST_US
    close = both.held and over_tls <= MOST_RATIO * base
    print()
    claims = Table("claim", "rate", "figure", "at most", "claim", first=24)
    claims.row(
        "CPU for an exchange", f"{best.rate:,}/s", f"{least:.1f} us", f"{MOST_US:.0f} us", verdict(good=cheap)
    )
    ratio = f"{over_tls / base:.2f}"
    claims.row("TLS by plain", f"{both.rate:,}/s", ratio, f"{MOST_RATIO:.2f}", verdict(good=close))
    cells = ("closed", f"{min(bare_us):.1f} us", "-", "for comparison")
    claims.row("bare system calls", *cells)
    return 0 if cheap and close else 1


if __name__ == "__main__":
    sys.exit(main())
