"""Claim: the stub can answer at least twice what the generator can send from one core.

Both are measured in the same run, as processor time for one exchange, so that the machine's speed and its
other users cancel out. Exits 1 when the claim does not hold.
"""

from __future__ import annotations

import sys

from rig.claims import Table, begin, parser_of, verdict
from rig.runs import run
from rig.servers import stub

CLAIM = 2.0


def main() -> int:
    """Measure and print a row."""
    quick = begin(parser_of(__doc__)).quick
    with stub() as server:
        measured = run(server, *((300, 1.0) if quick else (4_000, 10.0)))
    ratio = measured.generator_us / measured.server_us
    table = Table("server", "rate", "sent", "generator", "stub", "ratio", "claim")
    table.row(
        server.name,
        "300/s" if quick else "4,000/s",
        f"{measured.sent:,}",
        f"{measured.generator_us:.1f} us",
        f"{measured.server_us:.1f} us",
        f"{ratio:.1f}",
        verdict(good=ratio >= CLAIM),
    )
    return 0 if ratio >= CLAIM else 1


if __name__ == "__main__":
    sys.exit(main())
