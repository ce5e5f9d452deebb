"""Runs a scenario under Locust's own command, with the same drain, report, verdict and exit code.

    locust -f locustfile.py --headless --scenario scenarios/smoke.yaml
    locust -f locustfile.py --scenario scenarios/smoke.yaml        # web UI on http://127.0.0.1:8089

The schedule is the scenario's: Locust's number of users and spawn rate are of no consequence.
"""

from locust import events

from sessionload.cli.locust_integration import SessionUser, install

install(events)

__all__ = ["SessionUser"]
