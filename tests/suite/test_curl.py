"""The line for a shell sends the same bytes, and the shell puts in the key."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from sessionload.contract.contract import Contract
from sessionload.contract.document.binding import Binding
from sessionload.contract.document.placeholder import KEY
from sessionload.suite.cases.all_cases import cases_of
from sessionload.suite.cases.case import CaseRequest
from sessionload.suite.curl import curl

if TYPE_CHECKING:
    from sessionload.suite.cases.case import Case

_FILE = Path(__file__).parents[2] / "contracts" / "openapi.yaml"
_CONTRACT = Contract.from_document(
    yaml.safe_load(_FILE.read_text(encoding="utf-8")),
    Binding("startSession", "it's", "main"),
    file="openapi.yaml",
    sha256="",
)
_CASES = cases_of(_CONTRACT, run_id="r1")
_SECRET = "canary 'key' $HOME"
_SHOW = """\
import json, sys
arguments = sys.argv[1:]
at = arguments.index("--data-binary") + 1 if "--data-binary" in arguments else 0
body = arguments[at].encode("utf-8", "surrogateescape") if at else b""
body = sys.stdin.buffer.read() if body == b"@-" else body
json.dump([arguments, body.hex()], sys.stdout)
"""


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder with a `curl` that only prints what it was asked to do."""
    (tmp_path / "show.py").write_text(_SHOW)
    program = tmp_path / "curl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/show.py" "$@"\n')
    program.chmod(0o755)
    return tmp_path


def _asked(folder: Path, line: str) -> tuple[list[str], bytes]:
    sh = shutil.which("sh")
    assert sh is not None
    done = subprocess.run(
        [sh, "-c", line],
        env={"PATH": f"{folder}:/usr/bin:/bin", "VF_API_KEY": _SECRET, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
    )
    arguments, body = yaml.safe_load(done.stdout)
    return arguments, bytes.fromhex(body)


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_a_shell_sends_what_the_case_says(shell: Path, case: Case) -> None:
    request = case.request
    arguments, body = _asked(shell, curl(request, "http://127.0.0.1:8080"))
    assert body == request.body
    assert arguments[-1] == f"http://127.0.0.1:8080{request.path}"
    assert "--path-as-is" in arguments
    method = ["-I"] if request.method == "HEAD" else ["-X", request.method]
    assert arguments[2 : 2 + len(method)] == method
    fields = [arguments[at + 1] for at, argument in enumerate(arguments) if argument == "-H"]
    sent = [
        f"{name}: {value.replace(KEY, _SECRET)}" if value else f"{name};" for name, value in request.headers
    ]
    assert fields == sent


def test_the_line_of_a_simple_case() -> None:
    request = CaseRequest("POST", "/a", (("authorization", KEY),), b'{"a":1}')
    assert curl(request, "https://host") == (
        "curl -i --path-as-is -X POST -H 'authorization: '\"$VF_API_KEY\" -H content-type:"
        " --data-binary '{\"a\":1}' https://host/a"
    )


def test_another_variable_and_text_around_the_key() -> None:
    request = CaseRequest("GET", "/a", (("x", f"Bearer {KEY} now"),))
    line = curl(request, "https://host", key_variable="OTHER")
    assert line == "curl -i --path-as-is -X GET -H 'x: Bearer '\"$OTHER\"' now' https://host/a"


@pytest.mark.parametrize(
    "body", [b"@file", b"\xff", b"a\nb", b"%d \\ '", "\ufeffx".encode(), b"x" * 1500 + b"'" + b"\n" * 1500]
)
def test_any_bytes_arrive(shell: Path, body: bytes) -> None:
    line = curl(CaseRequest("POST", "/", (("content-type", "a/b"),), body), "http://host")
    assert line.isprintable()
    assert len(line) < 500
    assert _asked(shell, line)[1] == body
