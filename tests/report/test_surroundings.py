"""Every view is made in poor surroundings: no home, no input, Python without asserts and docstrings."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sessionload.report.views import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from sessionload.verdict.result import Result

PROGRAM = """
import json, os
from sessionload.report.model.build import build_report_model
from sessionload.report.views import FORMATS, views
from sessionload.verdict.result import Result

model = build_report_model(Result.from_json(json.loads(os.environ["RESULT"])))
for view in views(model, FORMATS):
    print(view.format, sum(map(len, view.render().values())) > 0)
"""


@pytest.mark.parametrize("optimize", ["", "2"])
def test_every_view_is_made(known: dict[str, Result], tmp_path: Path, optimize: str) -> None:
    program, result = tmp_path / "program.py", json.dumps(known["empty"].to_json())
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(program)],
        env={"PYTHONOPTIMIZE": optimize, "PYTHONPATH": ":".join(sys.path), "RESULT": result},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{name} True" for name in FORMATS]
