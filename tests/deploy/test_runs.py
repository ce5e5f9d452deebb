"""The command lines of the compose file and of the manifests, run as they stand there.

Each is in a container of its own (see `container`): as the user of the image, without a home, on a root that
is read-only, with the volumes, variables and places that its file gives it. Names lead to the loopback of one
network, and where a manifest expects staging there is a stub.
"""

from __future__ import annotations

import json
import secrets
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from container import Container
from world import ROOT

from sessionload.stub.settings import DEFAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
KUBERNETES = ROOT / "deploy" / "kubernetes"
README = (ROOT / "deploy" / "README.md").read_text()
PATIENCE_S = 150


@pytest.fixture
def network() -> Iterator[int]:
    """The process that holds a network in which nothing runs yet."""
    script = "ip link set lo up && echo ready && exec sleep 600"
    holder = subprocess.Popen(["unshare", "--net", "sh", "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        yield holder.pid
    finally:
        holder.kill()
        holder.communicate()


class Pods:
    """Containers of one network that run side by side; each prints into a file. Ended with the test."""

    def __init__(self, folder: Path, network: int) -> None:
        self.folder = folder
        self._network = network
        self._processes: list[subprocess.Popen[str]] = []
        for name in ("roots", "printed"):
            (folder / name).mkdir()

    def start(self, name: str, words: list[str], **seen: Any) -> subprocess.Popen[str]:  # noqa: ANN401
        """Start a container: `words` are what its file says, after the entry point of the image."""
        container = Container(network=self._network, **seen)
        with (self.folder / "printed" / f"{name}.txt").open("w") as printed:
            process = container.start(
                "sessionload", *words, roots=self.folder / "roots", stdout=printed, stderr=printed
            )
        self._processes.append(process)
        return process

    def printed(self) -> str:
        """Return what all of them printed, for messages."""
        files = sorted((self.folder / "printed").iterdir())
        return "\n".join(f"== {file.name}\n{file.read_text()}" for file in files)

    def writable(self, name: str) -> Path:
        """Return a new folder for a volume."""
        folder = self.folder / "volumes" / name
        folder.mkdir(parents=True)
        return folder

    def close(self) -> None:
        """End those that still run."""
        for process in self._processes:
            process.kill()
            process.wait()


@pytest.fixture
def pods(tmp_path: Path, network: int) -> Iterator[Pods]:
    here = Pods(tmp_path, network)
    yield here
    here.close()


def answers(pods: Pods, network: int, url: str) -> None:
    """Return when something answers at `url` in the network, as a healthcheck asks."""
    script = f"import urllib.request; urllib.request.urlopen({url!r}, timeout=2)"
    end = time.monotonic() + 30
    command = ["nsenter", f"--net=/proc/{network}/ns/net", sys.executable, "-c", script]
    while subprocess.run(command, check=False, capture_output=True).returncode:
        assert time.monotonic() < end, pods.printed()
        time.sleep(0.2)


def met(pods: Pods, reports: Path, workers: int) -> dict[str, Any]:
    """Return the result of the only run in a folder, which was met and had so many workers."""
    (folder,) = reports.iterdir()
    assert (folder / "report.html").is_file()
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    assert result["verdict"]["state"] == "met", pods.printed()
    assert len(result["workers"]) == workers
    assert result["arrivals"]["sent"] == result["arrivals"]["planned"]
    return result


@pytest.mark.long
@pytest.mark.needs("containers", "namespaces")
def test_the_compose_file_runs_as_it_is(pods: Pods, network: int) -> None:
    """But for the smoke scenario's limits, which a busy machine may not keep."""
    tree = pods.folder / "tree"
    (tree / "scenarios").mkdir(parents=True)
    smoke = (ROOT / "scenarios" / "smoke.yaml").read_text()
    (tree / "scenarios" / "smoke.yaml").write_text(
        smoke.replace("max_lag: 50ms", "max_lag: 10s").replace("< 400ms", "< 10s").replace("< 1s", "< 10s")
    )
    (tree / "deploy" / "compose").mkdir(parents=True)
    environments = (ROOT / "deploy" / "compose" / "environments.yaml").read_text()
    (tree / "deploy" / "compose" / "environments.yaml").write_text(environments)

    def start(service: str, name: str, **seen: Any) -> subprocess.Popen[str]:  # noqa: ANN401
        words = [word.replace("${WORKERS:-2}", "2") for word in COMPOSE[service]["command"]]
        variables = {key: str(value) for key, value in COMPOSE[service]["environment"].items()}
        return pods.start(name, words, folder=COMPOSE[service]["working_dir"], variables=variables, **seen)

    start("stub", "stub")
    answers(pods, network, "http://127.0.0.1:8080/ledger")
    workers = [
        start("worker", f"worker-{number}", writable={"/reports": pods.writable(f"worker-{number}")})
        for number in range(2)
    ]
    reports = pods.writable("reports")
    master = start("master", "master", readable={"/project": tree}, writable={"/reports": reports})
    assert master.wait(PATIENCE_S) == 0, pods.printed()
    assert [worker.wait(30) for worker in workers] == [0, 0], pods.printed()
    assert met(pods, reports, 2)["environment"]["name"] == "stub"


def pod_of(name: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the Job of a manifest, its container, and its volumes by their names."""
    job = next(
        each
        for each in yaml.safe_load_all((KUBERNETES / f"{name}.yaml").read_text())
        if each["kind"] == "Job"
    )
    pod = job["spec"]["template"]["spec"]
    return job["spec"], pod["containers"][0], {volume["name"]: volume for volume in pod["volumes"]}


SCENARIO = """\
name: launch
environment: staging
users: {id: "launch-{run}-{n}"}
load:
  stages: [{name: steady, rate: 60/s, duration: 3s}]
  max_lag: 10s
targets: [p95 < 10s]
"""
ENVIRONMENTS = """\
staging:
  url: http://127.0.0.1:8080
  project: ${VF_PROJECT_ID}
  environment: main
  api_key: ${VF_API_KEY}
"""


class Cluster:
    """What `kubectl create` of the page makes, as files; and the volumes of pods."""

    def __init__(self, pods: Pods, key: str) -> None:
        self._pods = pods
        self._source = pods.folder / "source"
        self._source.mkdir()
        for file, text in {
            "scenarios/launch.yaml": SCENARIO,
            "environments.yaml": ENVIRONMENTS,
            "contracts/openapi.yaml": (ROOT / "contracts" / "openapi.yaml").read_text(),
        }.items():
            (self._source / file).parent.mkdir(exist_ok=True)
            (self._source / file).write_text(text)
        (keys,) = [line for line in README.splitlines() if line.startswith("sessionload keys new")]
        subprocess.run(
            [sys.executable, "-m", *shlex.split(keys)], cwd=self._source, check=True, capture_output=True
        )
        self.objects: dict[str, dict[str, bytes]] = {}
        for line in README.splitlines():
            words = shlex.split(line.partition("kubectl create ")[2])
            if words:
                name = words[1] if words[0] == "configmap" else words[2]
                self.objects[name] = dict(map(self._entry, (word for word in words if word.startswith("--"))))
        self.variables = {
            name: value.decode() for name, value in self.objects["sessionload-variables"].items()
        }
        assert set(self.variables) == {"VF_PROJECT_ID", "VF_API_KEY"}
        self.variables |= {"VF_PROJECT_ID": "stub", "VF_API_KEY": key}

    def _entry(self, option: str) -> tuple[str, bytes]:
        key, equals, value = option.partition("=")[2].partition("=")
        if option.startswith("--from-literal"):
            return key, value.encode()
        file = value if equals else key
        return (key if equals else Path(file).name), b"" if file == "/dev/stdin" else (
            self._source / file
        ).read_bytes()

    def start(self, name: str, manifest: str) -> tuple[subprocess.Popen[str], dict[str, Path]]:
        """Start a pod of a manifest; return it and its volumes that can be written, by their paths."""
        _, container, volumes = pod_of(manifest)
        readable, writable = {"/etc/hosts": self._hosts()}, {}
        for mount in container["volumeMounts"]:
            volume = volumes[mount["name"]]
            taken = volume.get("configMap", {}).get("name") or volume.get("secret", {}).get("secretName")
            folder = self._pods.writable(f"{name}-{mount['name']}")
            if taken is None:
                writable[mount["mountPath"]] = folder
                continue
            for key, data in self.objects[taken].items():
                (folder / key).write_bytes(data)
                if "secret" in volume:  # as `fsGroup` has it
                    subprocess.run(["chgrp", "10001", str(folder / key)], check=True)
                    (folder / key).chmod(volume["secret"]["defaultMode"])
            readable[mount["mountPath"]] = folder
        del writable["/tmp"]  # noqa: S108 - every container has one
        process = self._pods.start(
            name,
            container["args"],
            folder=container["workingDir"],
            variables=self.variables,
            readable=readable,
            writable=writable,
        )
        return process, writable

    def _hosts(self) -> Path:
        hosts = self._pods.folder / "hosts"
        hosts.write_text("127.0.0.1 localhost sessionload-master\n")
        return hosts


@pytest.mark.long
@pytest.mark.needs("containers", "namespaces")
def test_the_manifests_of_a_cluster_make_a_run(pods: Pods, network: int) -> None:
    key = f"VF.DM.{secrets.token_hex(12)}"
    assert key != DEFAULT_KEY
    pods.start("stub", ["stub", "--port", "8080"], variables={"SESSIONLOAD_STUB_KEY": key})
    answers(pods, network, "http://127.0.0.1:8080/ledger")
    cluster = Cluster(pods, key)
    job, _, _ = pod_of("workers")
    workers = [cluster.start(f"worker-{number}", "workers")[0] for number in range(job["parallelism"])]
    master, volumes = cluster.start("master", "master")
    assert master.wait(PATIENCE_S) == 0, pods.printed()
    assert [worker.wait(30) for worker in workers] == [0] * job["completions"], pods.printed()
    result = met(pods, volumes["/reports"], job["completions"])
    assert result["scenario"]["name"] == "launch"
    written = [path for path in pods.folder.rglob("*") if path.is_file() and "source" not in path.parts]
    assert not [path for path in written if key.encode() in path.read_bytes()]
