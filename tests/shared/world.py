"""The program as a person runs it: real processes and real sockets, in a folder of its own."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from stub_thread import StubThread

from sessionload.config.contract_files import read_contract
from sessionload.secret import Secret
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings

ROOT = Path(__file__).parents[2]
KEY_VARIABLE = "E2E_API_KEY"
FAST = ("--pace", "500/s")
HERE = ("check", "--environment", "here", *FAST)
"""A check of the environment `here`, as fast as a check goes."""

SUITE = ("contracts", "-p", "no:cacheprovider", *FAST)
"""The arguments of `pytest contracts`, as fast."""

ENVIRONMENTS = """\
here:
  url: {url}
  project: stub
  environment: main
  api_key: ${{E2E_API_KEY}}
guarded: {{extends: here, protected: true, max_rate: 5/s}}
"""

SCENARIO = """\
name: e2e
environment: here
users: {{id: "e2e-{{n}}"}}
load:
  stages:
    - {{name: steady, rate: {rate}, duration: {duration}}}
  timeout: {timeout}
  max_lag: 5s
targets:
  - {target}
"""


@dataclass
class Ended:
    """A command that has ended, and the folder it was started in."""

    where: Path
    code: int
    out: str
    err: str

    @property
    def folder(self) -> Path:
        """The run's folder, which `run` prints last."""
        return self.where / self.out.strip().splitlines()[-1]

    @property
    def result(self) -> dict[str, Any]:
        """The result of the run."""
        data: dict[str, Any] = json.loads((self.folder / "result.json").read_text())
        return data


@dataclass
class World:
    """A folder to work in, with the project's contract, and everything that was printed there."""

    folder: Path
    key: str
    printed: list[str] = field(default_factory=list)
    stubs: list[StubProcess | StubThread] = field(default_factory=list)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of the commands."""
        own = {name: value for name, value in os.environ.items() if name != "GITHUB_STEP_SUMMARY"}
        return {**own, KEY_VARIABLE: self.key, "NO_COLOR": "1"}

    def stub(self, *faults: str, latency: str = "2ms", tls: dict[str, str] | None = None) -> StubProcess:
        """Start a stub that accepts the key, and make it the environment `here`."""
        document, _ = read_contract(ROOT / "contracts" / "openapi.yaml")
        settings = StubSettings(latency=latency, faults=faults, seed=1)
        key = Secret(self.key, name=KEY_VARIABLE)
        stub = StubProcess.start(settings, key, document=document, tls=tls)
        self.stubs.append(stub)
        self.environments(stub.url)
        return stub

    def stub_thread(self, *faults: str, latency: str = "0ms") -> StubThread:
        """The same in a thread of this process: for commands that run in it, and start sooner."""
        document, _ = read_contract(ROOT / "contracts" / "openapi.yaml")
        stub = StubThread(
            *faults, latency=latency, key=Secret(self.key, name=KEY_VARIABLE), document=document
        )
        self.stubs.append(stub)
        self.environments(stub.url)
        return stub

    def environments(self, url: str, text: str = ENVIRONMENTS) -> None:
        """Write the environments file."""
        (self.folder / "environments.yaml").write_text(text.format(url=url))

    def scenario(
        self,
        rate: str = "100/s",
        duration: str = "2s",
        *,
        timeout: str = "10s",
        target: str = "p95 < 10s",
        text: str = SCENARIO,
    ) -> str:
        """Write a scenario and return its name."""
        name = f"{secrets.token_hex(4)}.yaml"
        body = text.format(rate=rate, duration=duration, timeout=timeout, target=target)
        (self.folder / name).write_text(body)
        return name

    def command(self, *arguments: str) -> list[str]:
        """Return what starts the program."""
        return [sys.executable, "-m", "sessionload", *arguments]

    def start(
        self,
        *arguments: str,
        program: list[str] | None = None,
        **settings: Any,  # noqa: ANN401
    ) -> subprocess.Popen[str]:
        """Start a command without a terminal and without waiting for it."""
        process = subprocess.Popen(
            program or self.command(*arguments),
            cwd=self.folder,
            env=settings.pop("env", self.variables),
            text=True,
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **settings,
            },
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        """End everything that was started here and still runs, and close what nobody read to its end."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
            for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
                pipe.close()
        for stub in self.stubs:
            stub.stop()

    def end(self, process: subprocess.Popen[str], within: float = 60.0) -> Ended:
        """Wait for a command to end; there is never a traceback."""
        try:
            out, err = process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"still running after {within} s; it said:\n{out}\n{err}")
        self.printed += [out, err]
        assert "Traceback" not in out + err, err
        return Ended(self.folder, process.returncode, out, err)

    def run(self, *arguments: str, within: float = 60.0, **settings: Any) -> Ended:  # noqa: ANN401
        """Run a command to its end."""
        return self.end(self.start(*arguments, **settings), within)

    def leaks(self) -> list[str]:
        """Return where the key, or its beginning, was printed or written in any of the usual forms."""
        key = self.key
        forms = {
            "raw": key,
            "beginning": key[:8],
            "base64": base64.b64encode(key.encode()).decode().rstrip("=")[:-1],
            "url": urllib.parse.quote(key, safe=""),
            "hex": key.encode().hex(),
        }
        texts = dict(enumerate(self.printed)) | {
            str(path): path.read_bytes().decode("utf-8", "replace")
            for path in self.folder.rglob("*")
            if path.is_file()
        }
        return [
            f"{name} in {place}"
            for place, text in texts.items()
            for name, form in forms.items()
            if form in text
        ]


def free_port() -> int:
    """Return a port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
