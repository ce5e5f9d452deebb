"""The compose file: valid, and every container of it is restricted."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import sessionload

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


@pytest.mark.needs("check-jsonschema")
def test_it_keeps_the_schema_that_is_published_for_it() -> None:
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout


def test_there_are_a_master_workers_that_scale_and_a_stub() -> None:
    assert set(COMPOSE) == {"name", "x-sessionload", "services", "volumes"}
    assert [SERVICES[name]["command"][0] for name in ("master", "worker", "stub")] == [
        "run",
        "worker",
        "stub",
    ]
    assert SERVICES["worker"]["scale"] == "${WORKERS:-2}"
    assert f"--expect-workers={SERVICES['worker']['scale']}" in SERVICES["master"]["command"]


@pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))
def test_a_container_is_restricted(service: dict[str, Any]) -> None:
    known = {
        "build",
        "cap_drop",
        "command",
        "depends_on",
        "environment",
        "healthcheck",
        "image",
        "network_mode",
    }
    known |= {"read_only", "scale", "security_opt", "stop_grace_period", "tmpfs", "volumes", "working_dir"}
    assert set(service) <= known
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["image"] == f"sessionload:{sessionload.__version__}"
    assert (FILE.parent / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert "/tmp" in service["tmpfs"]  # noqa: S108 - inside
    assert "ports" not in service


def test_all_containers_share_the_network_of_the_stub_which_serves_loopback_only() -> None:
    assert "network_mode" not in SERVICES["stub"]
    assert {SERVICES[name]["network_mode"] for name in ("master", "worker")} == {"service:stub"}
    assert "--bind=127.0.0.1:5557" in SERVICES["master"]["command"]
    assert "--master=127.0.0.1:5557" in SERVICES["worker"]["command"]


def test_the_files_that_the_master_reads_are_there() -> None:
    files = [word.rpartition("=")[2] for word in SERVICES["master"]["command"] if "/project/" in word]
    assert len(files) == 2
    assert [file for file in files if not (ROOT / file.removeprefix("/project/")).is_file()] == []
    mounted = dict(volume.split(":")[:2] for volume in SERVICES["master"]["volumes"])
    assert mounted == {"..": "/project", "reports": "/reports"}


def test_the_address_and_the_key_of_the_stub_are_those_of_the_environment() -> None:
    environment = yaml.safe_load((ROOT / "deploy" / "compose" / "environments.yaml").read_text())["stub"]
    command = SERVICES["stub"]["command"]
    address = f"http://127.0.0.1:{command[command.index('--port') + 1]}"
    assert environment["url"] == address
    assert f"{address}/ledger" in SERVICES["stub"]["healthcheck"]["test"][-1]
    keys = {SERVICES[name]["environment"]["VF_API_KEY"] for name in ("master", "worker")}
    assert keys == {SERVICES["stub"]["environment"]["SESSIONLOAD_STUB_KEY"]}
    assert environment["api_key"] == "${VF_API_KEY}"
