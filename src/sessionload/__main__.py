"""`python -m sessionload` is the command `sessionload`.

`-m` puts the current folder first on the module path; it is taken off before anything else is imported,
because what lies there is not ours to execute.
"""

import os
import sys

if not sys.flags.safe_path and sys.path[0] == os.getcwd():  # noqa: PTH109 -- pathlib could be one of its files
    del sys.path[0]

from sessionload.cli.cli import main

if __name__ == "__main__":
    main()
