"""Runs a scenario under Locust's own command, with the same drain, report, verdict and exit code.

    locust -f locustfile.py --headless --scenario scenarios/smoke.yaml
    locust -f locustfile.py --scenario scenarios/smoke.yaml        # web UI on http://127.0.0.1:8089
    locust -f locustfile.py --scenario scenarios/smoke.yaml --processes 2        # a master and two workers

The schedule is the scenario's: Locust's number of users and spawn rate are of no consequence.
"""

import sys
from pathlib import Path

from locust import events

if str(Path.cwd()) in sys.path:  # Locust put it there, and what lies in it is not ours to execute
    sys.path.remove(str(Path.cwd()))

from sessionload.cli.locust_integration import SessionUser, install

install(events)

__all__ = ["SessionUser"]
