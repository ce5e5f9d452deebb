"""What a master says before the load is read by the command as it was said, and nothing else is."""

from __future__ import annotations

import pytest

from sessionload.distribution.gathering import Gathered, NoRun, Step, Waiting, line_of, step_of
from sessionload.errors import InputError, PreflightError


@pytest.mark.parametrize(
    "step", [Waiting(1, 3, "worker 2 is ready"), Gathered(), NoRun("worker-refused", "no", "yes")]
)
def test_a_step_is_read_as_it_was_said(step: Step) -> None:
    assert step_of(line_of(step)) == step


@pytest.mark.parametrize(
    "line",
    [
        b"ready\n",
        b"",
        b"{}",
        b"[]",
        b'{"gathering": "Else"}',
        b'{"gathering": "Waiting"}',
        b'{"gathering": []}',
    ],
)
def test_another_line_is_no_step(line: bytes) -> None:
    assert step_of(line) is None


def test_the_error_has_the_exit_code_that_the_master_says() -> None:
    assert isinstance(NoRun("a", "b").error(), PreflightError)
    assert isinstance(NoRun("a", "b", exit_code=2).error(), InputError)
