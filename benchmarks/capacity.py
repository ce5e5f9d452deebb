"""Claim: one generator process on one processor holds 30,000/s for 20 s.

Held means: all that was planned was sent and ended with a session that keeps the contract, nothing is unsent,
and p99 of the lateness is under 10 ms. Against nginx on another processor. When 30,000/s is not held, lower
rates are tried, and the claim does not hold. Before that, for comparison: how punctual a loop is
here that does nothing but sleep.
"""

from __future__ import annotations

import sys

from rig.claims import begin, parser_of
from rig.held import GOAL, LADDER, descend, ladder_table, show_machine
from rig.servers import nginx


def main() -> int:
    """Measure and print a row for each rate that was tried."""
    quick = begin(parser_of(__doc__)).quick
    show_machine(0.5 if quick else 10.0)
    table = ladder_table()
    with nginx() as server:
        tried = descend(server, (500,) if quick else LADDER, 1.0 if quick else 20.0, table)
    return 0 if tried.held and tried.rate >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
