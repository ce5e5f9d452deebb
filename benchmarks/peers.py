"""Which of the tools that `versus.py` compares are here; makes no claim.

python benchmarks/peers.py           lists them
python benchmarks/peers.py fetch     installs those that package indexes have into benchmarks/.peers
"""

from __future__ import annotations

import sys

from rig.claims import Table, begin, parser_of
from rig.peers import PEERS, fetch


def main() -> int:
    """List the tools, or fetch them first."""
    parser = parser_of(__doc__)
    parser.add_argument("do", nargs="?", choices=("list", "fetch"), default="list")
    if begin(parser).do == "fetch":
        fetch()
    table = Table("tool", "here", "how to get it", first=13)
    for peer in PEERS:
        table.row(peer.name, "yes" if peer.find() else "no", peer.cure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
