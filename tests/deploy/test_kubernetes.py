"""The manifests of a cluster: valid, restricted, and each names what another one or the page makes."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import sessionload

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
FILES = sorted(FOLDER.rglob("*.yaml"))
README = (ROOT / "deploy" / "README.md").read_text()
OBJECTS = [
    manifest for file in FILES for manifest in yaml.safe_load_all(file.read_text()) if manifest is not None
]
JOBS = [manifest for manifest in OBJECTS if manifest["kind"] == "Job"]
(READER,) = [manifest for manifest in OBJECTS if manifest["kind"] == "Pod"]


def named(kind: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in OBJECTS if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return dict(found)


def pod(job: dict[str, Any]) -> dict[str, Any]:
    """Return what a Job or a Pod says of its pod."""
    return dict(job["spec"]["template"]["spec"] if job["kind"] == "Job" else job["spec"])


def container(job: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod(job)["containers"]
    return dict(only)


def labels(job: dict[str, Any]) -> dict[str, str]:
    return dict(job["spec"]["template"]["metadata"]["labels"])


def created() -> dict[tuple[str, str], set[str]]:
    """Return the keys of each Secret and ConfigMap that the page creates, by kind and name."""
    found = {}
    for kind, name, options in re.findall(
        r"kubectl create (secret generic|configmap) (\S+) (.*)$", README, re.MULTILINE
    ):
        keys = set()
        for option in shlex.split(options):
            value = option.partition("=")[2]
            key, equals, _ = value.partition("=")
            keys.add(key if equals else Path(value).name)
        found["Secret" if kind.startswith("secret") else "ConfigMap", name] = keys
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_manifest_has_the_fields_of_its_kind(file: Path) -> None:
    """By hand: the group and version of each kind, and a name that the DNS takes."""
    versions = {
        "Namespace": "v1",
        "PersistentVolumeClaim": "v1",
        "Pod": "v1",
        "Service": "v1",
        "Job": "batch/v1",
        "NetworkPolicy": "networking.k8s.io/v1",
    }
    for manifest in yaml.safe_load_all(file.read_text()):
        assert set(manifest) == {"apiVersion", "kind", "metadata", *(["spec"] if len(manifest) > 3 else [])}
        assert manifest["apiVersion"] == versions[manifest["kind"]]
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", manifest["metadata"]["name"])


@pytest.mark.needs("kubernetes-validate")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("version", ["1.29.0", "1.34.0"])
def test_a_manifest_keeps_the_schema_that_is_published_for_it(file: Path, version: str) -> None:
    """Strictly: with no field that the schema does not know."""
    command = ["kubernetes-validate", "--strict", "-k", version, str(file)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("job", [*JOBS, READER], ids=lambda job: job["metadata"]["name"])
def test_a_pod_is_restricted(job: dict[str, Any]) -> None:
    """What the level `restricted` of the pod security standards asks for, and a root that is read-only."""
    assert pod(job)["automountServiceAccountToken"] is False
    assert pod(job)["restartPolicy"] == "Never"
    security = pod(job)["securityContext"]
    assert security["runAsNonRoot"] is True
    assert {security[name] for name in ("runAsUser", "runAsGroup", "fsGroup")} == {10001}
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(job)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container(job)["image"] == f"sessionload:{sessionload.__version__}"
    assert "cpu" not in container(job)["resources"]["limits"]  # throttled is late


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job["metadata"]["name"])
def test_every_volume_is_mounted_and_comes_from_something_that_is_made(job: dict[str, Any]) -> None:
    mounts = {mount["name"]: mount for mount in container(job)["volumeMounts"]}
    assert set(mounts) == {volume["name"] for volume in pod(job)["volumes"]}
    for volume in pod(job)["volumes"]:
        if "configMap" in volume:
            assert ("ConfigMap", volume["configMap"]["name"]) in created()
        elif "secret" in volume:
            assert ("Secret", volume["secret"]["secretName"]) in created()
            assert volume["secret"]["defaultMode"] == 0o440  # keys that others can read are refused
            assert mounts[volume["name"]]["readOnly"] is True
        elif "persistentVolumeClaim" in volume:
            assert named("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
        else:
            assert set(volume) == {"name", "emptyDir"}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job["metadata"]["name"])
def test_every_file_that_an_argument_names_is_in_a_volume(job: dict[str, Any]) -> None:
    volumes = {volume["name"]: volume for volume in pod(job)["volumes"]}
    places = {
        f"{mount['mountPath']}/{key}"
        for mount in container(job)["volumeMounts"]
        for kind, what, name in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName"))
        if what in volumes[mount["name"]]
        for key in created()[kind, volumes[mount["name"]][what][name]]
    }
    files = {word.rpartition("=")[2] for word in container(job)["args"] if "/" in word}
    assert files
    assert files <= places


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job["metadata"]["name"])
def test_the_api_key_comes_from_a_secret(job: dict[str, Any]) -> None:
    (source,) = container(job)["envFrom"]
    assert created()["Secret", source["secretRef"]["name"]] == {"VF_API_KEY", "VF_PROJECT_ID"}
    assert "env" not in container(job)


def test_the_reader_reads_the_reports_and_is_not_applied_with_the_rest() -> None:
    (volume,) = pod(READER)["volumes"]
    (mount,) = container(READER)["volumeMounts"]
    claim = volume["persistentVolumeClaim"]["claimName"]
    assert named("PersistentVolumeClaim", claim)
    assert mount == {"name": volume["name"], "mountPath": "/reports", "readOnly": True}
    assert "kubectl apply --filename deploy/kubernetes\n" in README  # without -R
    assert f"kubectl cp {READER['metadata']['name']}:/reports " in README


def test_no_secret_is_in_a_file_or_a_command_line() -> None:
    assert not [manifest for manifest in OBJECTS if manifest["kind"] in {"Secret", "ConfigMap"}]
    assert "--from-file=VF_API_KEY=/dev/stdin" in README
    assert "--from-literal=VF_API_KEY" not in README


def test_workers_are_as_many_as_the_master_expects_and_reach_it_by_its_service() -> None:
    master, workers = named("Job", "sessionload-master"), named("Job", "sessionload-workers")
    service = named("Service", "sessionload-master")
    (port,) = service["spec"]["ports"]
    (listening,) = container(master)["ports"]
    assert f"--expect-workers={workers['spec']['completions']}" in container(master)["args"]
    assert workers["spec"]["parallelism"] == workers["spec"]["completions"]
    assert f"--master={service['metadata']['name']}:{port['port']}" in container(workers)["args"]
    assert f"--bind=0.0.0.0:{listening['containerPort']}" in container(master)["args"]
    assert port["targetPort"] == listening["name"]
    assert service["spec"]["selector"].items() <= labels(master).items()
    assert not service["spec"]["selector"].items() <= labels(workers).items()


def test_the_network_lets_workers_to_the_master_and_nobody_else_to_anybody() -> None:
    master, workers = labels(named("Job", "sessionload-master")), labels(named("Job", "sessionload-workers"))
    (listening,) = container(named("Job", "sessionload-master"))["ports"]
    ways: list[tuple[str, str, int]] = []
    for policy in (each for each in OBJECTS if each["kind"] == "NetworkPolicy"):
        chosen = policy["spec"]["podSelector"]["matchLabels"]
        for rule in policy["spec"].get("ingress", []):
            (peer,), (port,) = rule["from"], rule["ports"]
            assert chosen.items() <= master.items()
            assert not chosen.items() <= workers.items()
            assert peer["podSelector"]["matchLabels"].items() <= workers.items()
            assert port["port"] == listening["containerPort"]
            ways.append(("in", port["protocol"], port["port"]))
        for rule in policy["spec"].get("egress", []):
            ways += [("out", port["protocol"], port["port"]) for port in rule["ports"]]
    everyone = named("NetworkPolicy", "sessionload")["spec"]
    assert everyone["policyTypes"] == ["Ingress", "Egress"]
    assert everyone["podSelector"]["matchLabels"].items() <= (master.items() & workers.items())
    assert sorted(ways) == [
        ("in", "TCP", 5557),
        ("out", "TCP", 53),
        ("out", "TCP", 443),
        ("out", "TCP", 5557),
        ("out", "UDP", 53),
    ]
