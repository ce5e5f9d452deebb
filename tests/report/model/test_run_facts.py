"""What was run, as a flat list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessionload.report.model.run_facts import run_facts

if TYPE_CHECKING:
    from sessionload.verdict.result import Result


def test_all_that_is_needed_to_run_it_again_is_there(known: dict[str, Result]) -> None:
    facts = dict(run_facts(known["aborted"]))
    assert facts["Run"] == "20260102-030405-ab12"
    assert facts["Took"] == "35.3 s"
    assert facts["machine.system"] == "Linux 6.1 x86_64"
    assert facts["environment.name"] == "stub"
    assert facts["contract.sha256"] == "ab" * 32
    assert facts["contract.path"] == "/v4/project/{projectID}/environment/{environmentID}/session"
    assert facts["scenario.users.id"] == "launch-{run}-{n:08d}"
    assert facts["scenario.users.unique"] == "true"
    assert facts["scenario.tags"] == "nightly, stub"
    assert facts["scenario.targets"] == (
        "p50 < 400ms, p95 < 2s, service.p99 < 1s, error_rate < 1%, error_rate < 5% (window 5s, abort true)"
    )


def test_what_is_not_set_and_what_has_its_own_table_is_left_out(known: dict[str, Result]) -> None:
    labels = {fact.label for fact in run_facts(known["met"])}
    assert not labels & {"scenario.load.max_in_flight", "scenario.load.stages"}


def test_what_people_wrote_is_made_safe_and_cut(known: dict[str, Result]) -> None:
    scenario = {"n\n": "\x1b[31m" + "x" * 400, "targets": [{"expr": "p95 < 1s"}]}
    facts = dict(run_facts(replace(known["met"], scenario=scenario)))
    assert facts["scenario.n\\n"].startswith("\\x1b[31mxxx")
    assert facts["scenario.n\\n"].endswith("…")
    assert facts["scenario.targets"] == "p95 < 1s"


def test_a_note_of_the_run_is_a_fact(known: dict[str, Result]) -> None:
    run = replace(known["met"].run, notes=("the disk is full\n",))
    assert dict(run_facts(replace(known["met"], run=run)))["Note"] == "the disk is full\\n"
