"""The pipelines of docs/ci.md: their files are valid, and their commands gate a deploy as the page says.

The scripts are taken out of the page as a CI server would take them. They run with a stand-in for
`sessionload` that ends as it is told, and, in tests that take long, with the program itself: as another user,
without a home, on a checkout that is read-only.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest
import yaml
from container import USER, Container
from world import World

import sessionload

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text()
GITHUB, GITLAB = (
    yaml.safe_load(text) for text in re.findall(r"^```yml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
)
JENKINS = re.findall(r"^```groovy\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[0]
DOCKER = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[0]
SERVERS = ("github", "gitlab", "jenkins")


def github_steps() -> list[dict[str, Any]]:
    return list(GITHUB["jobs"]["load"]["steps"])


def jenkins_scripts() -> list[str]:
    """Return the shell scripts of the Jenkinsfile. Groovy leaves text in single quotes as it is."""
    return [long or short for long, short in re.findall(r"sh (?:'''(.*?)'''|'(.*?)')", JENKINS, re.DOTALL)]


def scripts(server: str) -> list[str]:
    """Return what a pipeline runs to gate a deploy, but for the install; each script has its own shell."""
    if server == "github":
        return [step["run"] for step in github_steps() if "run" in step and step["name"] != "Install"]
    if server == "gitlab":
        return ["\n".join(GITLAB["load"]["script"])]  # in one shell, and so an exit there is the end
    return [script for script in jenkins_scripts() if "deploy.sh" not in script]


SHELLS = {"github": "bash -e", "gitlab": "bash -eo pipefail", "jenkins": "sh -e"}
"""The shell of each, as its documentation says."""


# The files


def test_the_version_that_is_installed_is_this_one() -> None:
    assert set(re.findall(r"sessionload(?:\[report\])?(?:==|:)([0-9][\w.]*[0-9])", PAGE)) == {
        sessionload.__version__
    }


def test_all_three_run_the_same_commands() -> None:
    spoken = {
        server: re.findall(r"sessionload (?:check|run|compare) [^|\n]*[^|\s]", "\n".join(scripts(server)))
        for server in SERVERS
    }
    assert [line.split()[1] for line in spoken["github"]] == ["check", "run", "compare"]
    assert spoken["github"] == spoken["gitlab"] == spoken["jenkins"]


def test_the_workflow_has_keys_that_github_knows() -> None:
    """`on` is a word of YAML 1.1, and our reader makes it true."""
    assert set(GITHUB) == {"name", True, "permissions", "concurrency", "jobs"}
    known = {"runs-on", "needs", "timeout-minutes", "env", "steps"}
    for job in GITHUB["jobs"].values():
        assert set(job) <= known
        assert {"runs-on", "steps"} <= set(job)
        assert job.get("needs", "load") in GITHUB["jobs"]
        for step in job["steps"]:
            assert set(step) <= {"name", "uses", "with", "run", "if"}
            assert ("uses" in step) != ("run" in step)
            assert re.fullmatch(r"actions/[a-z-]+(/[a-z]+)?@v\d+", step.get("uses", "actions/checkout@v5"))
    assert "runner." not in str({**GITHUB["jobs"]["load"], "steps": []})  # that context is for steps only


def test_the_keys_are_secrets_of_the_server_and_no_command_has_them() -> None:
    assert GITHUB["jobs"]["load"]["env"]["VF_API_KEY"] == "${{ secrets.VF_API_KEY }}"
    assert "VF_API_KEY = credentials('vf-api-key')" in JENKINS
    assert not [script for server in SERVERS for script in scripts(server) if "VF_" in script]


def test_the_gitlab_job_has_keys_that_gitlab_knows() -> None:
    assert set(GITLAB) == {"stages", "load", "deploy"}
    known = {"stage", "image", "timeout", "resource_group", "variables", "cache", "before_script", "script"}
    for name in ("load", "deploy"):
        assert set(GITLAB[name]) <= known | {"artifacts", "needs"}
        assert GITLAB[name]["stage"] in GITLAB["stages"]
    assert set(GITLAB["load"]["artifacts"]) == {"when", "expose_as", "paths", "reports"}


def test_the_jenkinsfile_is_a_declarative_pipeline() -> None:
    code = re.sub(r"'''.*?'''|'[^'\n]*'|\"[^\"\n]*\"|//[^\n]*", "''", JENKINS, flags=re.DOTALL)
    depth, opened = 0, []
    for word in re.findall(r"[\w]+(?:\(''\))?\s*\{|\}", code):
        depth += -1 if word == "}" else 1
        assert depth >= 0
        opened += [] if word == "}" else [word.rstrip("{ ")]
    assert depth == 0
    assert opened[:5] == ["pipeline", "agent", "docker", "options", "environment"]
    assert opened[5:] == ["stages", *["stage('')", "steps"] * 4, "post", "always"]


@pytest.mark.needs("check-jsonschema")
@pytest.mark.parametrize("schema", ["github-workflows", "gitlab-ci"])
def test_a_file_keeps_the_schema_that_is_published_for_it(tmp_path: Path, schema: str) -> None:
    texts = re.findall(r"^```yml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    file = tmp_path / "pipeline.yml"
    file.write_text(texts[("github-workflows", "gitlab-ci").index(schema)])
    command = ["check-jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout


# Their commands, with a stand-in

STAND_IN = """\
#!/bin/sh
echo "$*" >> calls
command=$1
for word; do [ "$before" != --out ] || out=$word; before=$word; done
mkdir -p "$out"
echo "<testsuites/>" > "$out/junit.xml"
[ "$command" != run ] || echo "result of $out" > "$out/result.json"
code=$(sed -n "s/^$command //p" codes | head -n 1)
sed -i "0,/^$command /{/^$command /d}" codes
exit "$code"
"""


class Pipeline(NamedTuple):
    """A folder in which the commands of a pipeline run with the stand-in."""

    server: str
    folder: Path

    @property
    def good(self) -> Path:
        """The last good run of the scenario."""
        digest = hashlib.sha256((self.folder / "scenarios" / "launch.yaml").read_bytes()).hexdigest()
        return self.folder / "last-good" / f"{digest[:16]}.json"

    def run(self, *codes: str) -> int:
        """Run it to its end, with commands that end as `codes` say, and return its exit code."""
        (self.folder / "codes").write_text("".join(f"{code}\n" for code in codes))
        (self.folder / "calls").write_text("")
        shutil.rmtree(self.folder / "load", ignore_errors=True)
        kept = {good: good.read_bytes() for good in self.folder.glob("last-good/*")}
        variables = {
            "PATH": f"{self.folder}:/usr/bin:/bin",
            "OUT": str(self.folder / "load"),
            "GOOD": str(self.folder / "last-good"),
        }
        for script in scripts(self.server):
            command = [*shlex.split(SHELLS[self.server]), "-c", script]
            code = subprocess.run(command, cwd=self.folder, env=variables, check=False).returncode
            if code:
                return code
            if script.startswith("rm "):  # Jenkins: the copy of the last build's files comes after it
                (self.folder / "last-good").mkdir()
                for copied, data in kept.items():
                    copied.write_bytes(data)
        return 0

    def calls(self) -> list[str]:
        """Return which commands were called."""
        return [line.split()[0] for line in (self.folder / "calls").read_text().splitlines()]


@pytest.fixture(params=SERVERS)
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Pipeline:
    (tmp_path / "sessionload").write_text(STAND_IN)
    (tmp_path / "sessionload").chmod(0o755)
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    return Pipeline(request.param, tmp_path)


@pytest.mark.parametrize("code", [1, 2, 4, 5])
def test_a_check_that_is_not_kept_is_the_end(pipeline: Pipeline, code: int) -> None:
    assert pipeline.run(f"check {code}") == code
    assert pipeline.calls() == ["check"]


@pytest.mark.parametrize("code", [1, 2, 4, 5])
def test_a_run_that_is_not_met_is_the_end_and_no_good_run(pipeline: Pipeline, code: int) -> None:
    assert pipeline.run("check 0", f"run {code}") == code
    assert pipeline.calls() == ["check", "run"]
    assert not pipeline.good.exists()


def test_a_void_run_is_made_once_more_and_void_again_is_no_pass(pipeline: Pipeline) -> None:
    assert pipeline.run("check 0", "run 3", "run 3") == 3
    assert pipeline.calls() == ["check", "run", "run"]
    assert not pipeline.good.exists()


def test_the_second_run_counts_where_the_first_was_void(pipeline: Pipeline) -> None:
    assert pipeline.run("check 0", "run 3", "run 0") == 0
    assert pipeline.good.read_text() == f"result of {pipeline.folder}/load/run-2\n"
    files = {path.parent.name for path in pipeline.folder.glob("load/*/junit.xml")}
    assert files == {"check", "run-2"}


def test_the_first_run_that_is_met_becomes_the_last_good_one(pipeline: Pipeline) -> None:
    assert pipeline.run("check 0", "run 0") == 0
    assert pipeline.calls() == ["check", "run"]
    assert pipeline.good.read_text() == f"result of {pipeline.folder}/load/run-1\n"


@pytest.mark.parametrize(("answer", "code", "replaced"), [(0, 0, True), (1, 1, False), (3, 0, False)])
def test_the_answer_of_the_comparison_gates_the_deploy(
    pipeline: Pipeline, answer: int, code: int, *, replaced: bool
) -> None:
    pipeline.good.parent.mkdir()
    pipeline.good.write_text("the base")
    assert pipeline.run("check 0", "run 0", f"compare {answer}") == code
    assert pipeline.calls() == ["check", "run", "compare"]
    assert (pipeline.good.read_text() != "the base") is replaced


def test_another_scenario_has_another_base(pipeline: Pipeline) -> None:
    assert pipeline.run("check 0", "run 0") == 0
    with (pipeline.folder / "scenarios" / "launch.yaml").open("a") as scenario:
        scenario.write("# changed\n")
    assert pipeline.run("check 0", "run 0") == 0
    assert pipeline.calls() == ["check", "run"]


# Their commands, with the program

SCENARIO = """\
name: launch
environment: staging
users: {id: "launch-{n}"}
load:
  stages:
    - {name: steady, rate: 100/s, duration: 14s}
  max_lag: 5s
targets:
  - p95 < 5s
"""


class Checkout(NamedTuple):
    """A checkout that is read-only, with a staging that is a stub."""

    world: World
    container: Container
    out: Path

    def run(self, *words: str) -> tuple[int, str]:
        """Run a command in it; return the exit code and what it printed."""
        process = self.container.start(*words, roots=self.world.folder / "roots")
        printed, _ = process.communicate(timeout=240)
        self.world.printed.append(printed)
        return process.returncode, printed

    def pipeline(self, server: str) -> tuple[int, str]:
        """Run the pipeline to its end."""
        everything = ""
        for script in scripts(server):
            if script.startswith("rm "):
                continue  # the folders are new
            code, printed = self.run(*shlex.split(SHELLS[server]), "-c", script)
            everything += printed
            if code:
                return code, everything
        return 0, everything


@pytest.fixture
def checkout(tmp_path: Path) -> Any:  # noqa: ANN401 - a generator of one
    world = World(tmp_path, f"VF.DM.{secrets.token_hex(12)}.{secrets.token_urlsafe(12)}")
    tree, out = tmp_path / "tree", tmp_path / "out"
    for folder in (tree, out, tmp_path / "roots"):
        folder.mkdir()
    for name in ("contracts", "scenarios"):
        shutil.copytree(ROOT / name, tree / name)
    (tree / "scenarios" / "launch.yaml").write_text(SCENARIO)
    container = Container(
        readable={"/checkout": tree},
        writable={"/out": out},
        folder="/checkout",
        variables={
            "OUT": "/out/load",
            "GOOD": "/out/last-good",
            "VF_API_KEY": world.key,
            "GITHUB_STEP_SUMMARY": "/out/step.md",
        },
    )
    yield Checkout(world, container, out)
    world.close()
    assert world.leaks() == []


def staging(checkout: Checkout, *faults: str, latency: str = "2ms") -> None:
    """Make a stub the staging of the checkout."""
    url = checkout.world.stub(*faults, latency=latency).url
    text = "staging: {{url: {url}, project: stub, environment: main, api_key: '${{VF_API_KEY}}'}}\n"
    checkout.world.environments(url, text)
    written = checkout.world.folder / "environments.yaml"
    written.replace(checkout.world.folder / "tree" / "environments.yaml")


@pytest.mark.long
@pytest.mark.needs("containers")
@pytest.mark.parametrize("server", SERVERS)
def test_a_pipeline_lets_a_good_staging_pass_and_stops_a_slower_one(checkout: Checkout, server: str) -> None:
    staging(checkout)
    code, printed = checkout.pipeline(server)
    assert code == 0, printed
    (good,) = (checkout.out / "last-good").iterdir()
    base = good.read_bytes()
    shutil.move(checkout.out / "load", checkout.out / "first")
    staging(checkout, latency="60ms")
    code, printed = checkout.pipeline(server)
    assert code == 1, printed
    assert "SLOWER" in printed
    assert good.read_bytes() == base
    files = {str(junit.relative_to(checkout.out / "load")) for junit in checkout.out.glob("load/*/*.xml")}
    assert files == {"check/junit.xml", "run-1/junit.xml"}
    assert (checkout.out / "load" / "comparison" / "comparison.html").is_file()
    page = (checkout.out / "step.md").read_text()
    assert re.findall("^## .*", page, re.MULTILINE)[:3] == [
        "## Contract of staging: kept",
        "## launch: met",
        "## Contract of staging: kept",
    ]
    assert "SLOWER" in page


@pytest.mark.needs("containers")
def test_a_pipeline_without_a_staging_says_so_in_every_place(checkout: Checkout) -> None:
    staging(checkout)
    checkout.world.close()
    code, printed = checkout.pipeline("github")
    assert code == 4, printed
    assert "[preflight-refused]" in printed
    assert (checkout.out / "step.md").read_text().startswith("## staging: preflight failed\n")
    errors = list(ET.parse(checkout.out / "load" / "check" / "junit.xml").iter("error"))  # noqa: S314 - our own
    assert [error.get("type") for error in errors] == ["preflight-refused"]


@pytest.mark.long
@pytest.mark.needs("containers")
def test_the_container_recipe_is_what_it_says(checkout: Checkout) -> None:
    """What stands in for `docker run` keeps its options: another user, a read-only root, two volumes."""
    staging(checkout)
    (recipe,) = re.findall(r"^docker run (.*?[^\\])$", DOCKER, re.DOTALL | re.MULTILINE)
    words = shlex.split(recipe.replace("\\\n", " "))
    image = words.index(f"sessionload:{sessionload.__version__}")
    options, command = words[:image], words[image + 1 :]
    assert [option for option in options if option.startswith("--")] == [
        *("--rm", "--read-only", "--tmpfs", "--cap-drop", "--security-opt", "--env", "--env"),
        *("--volume", "--volume"),
    ]
    places = dict(zip(("tree", "out"), (option for option in options if "$PWD" in option), strict=True))
    assert places == {"tree": "$PWD:/project:ro", "out": "$PWD/load:/reports"}
    container = Container(
        readable={"/project": checkout.world.folder / "tree"},
        writable={"/reports": checkout.out},
        folder="/project",
        variables={"VF_API_KEY": checkout.world.key},
    )
    code, printed = Checkout(checkout.world, container, checkout.out).run("sessionload", *command)
    assert code == 0, printed
    assert json.loads((checkout.out / "run" / "result.json").read_text())["verdict"]["state"] == "met"
    assert (checkout.out / "run" / "report.html").stat().st_uid in (USER, Path.home().stat().st_uid)
