"""Claim: one generator process on one processor holds 30,000/s for 20 s.

Held means: all that was planned was sent and ended with a session that keeps the contract, nothing is unsent,
and p99 of the lateness is under 10 ms. Against nginx on another processor. When 30,000/s is not held, lower
rates are tried, and the claim does not hold. Before that, for comparison: how punctual a loop is
here that does nothing but sleep.
"""

from __future__ import annotations

import sys

from rig.claims import begin, parser_of
from rig.held import LADDER, descend, ladder_table, show_machine
from rig.servers import nginx


def main() -> int:
    """Measure and print a row for each rate that was tried."""
    quick = begin(parser_of(__doc__)).quick
    show_machine(0.5 if quick else 10.0)
    table = ladder_table()
    with nginx() as server:
        rates, seconds = ((500,), 1.0) if quick else (LADDER, 20.0)
        tried = descend(server, rates, seconds, table)
    return 0 if tried.held and tried.rate == rates[0] else 1


if __name__ == "__main__":
    sys.exit(main())
