"""Claim: the stub can answer at least twice what the generator can send from one core.

Both are measured in the same run, as processor time for one exchange, so that the machine's speed and its
other users cancel out. Exits 1 when the claim does not hold.
"""

from __future__ import annotations

import sys

from runs import run, stub

CLAIM = 2.0


def main() -> int:
    """Measure and print a row."""
    with stub() as server:
        measured = run(server, "4000/s", "10s")
    ratio = measured.generator_us / measured.server_us
    print("sent    generator us  stub us  ratio  claim")
    print(
        f"{measured.sent:6,}  {measured.generator_us:12.1f}  {measured.server_us:7.1f}  {ratio:5.1f}"
        f"  {'holds' if ratio >= CLAIM else 'does not hold'}"
    )
    return 0 if ratio >= CLAIM else 1


if __name__ == "__main__":
    sys.exit(main())
