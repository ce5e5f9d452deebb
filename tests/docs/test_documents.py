"""The documents do what they say: their commands run, their files are checked, their links lead somewhere.

What stands in comments before their blocks is explained in `document_commands`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from document_commands import Block, blocks_of, make_world, perform, prose_of

from sessionload.config import environment, scenario
from sessionload.config.document import Document
from sessionload.config.yaml_source import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NAMES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "reports/README.md",
    "deploy/README.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)
TUTORIAL = "docs/tutorial.md"
"""Its commands have a test of their own."""
QUICK = (
    "README.md",
    "docs/contract.md",
    "docs/locust.md",
    "docs/messages.md",
    "docs/stub.md",
)
"""Their commands are run by `make test`, those of the others take longer and are left to `make test-long`."""
SLOWEST = ("docs/capacity.md",)
"""Those that take minutes by themselves."""
TEXTS = {name: (ROOT / name).read_text() for name in NAMES}

_LINK = re.compile(r"\]\(([^)\s]+)\)")


def blocks(name: str, *languages: str) -> Iterator[Block]:
    """Yield the blocks of a document in these languages, or those that are files."""
    for block in blocks_of(name, TEXTS[name]):
        if block.language in languages or block.comment.startswith("file "):
            yield block


def prose(name: str) -> str:
    """Return a document without its fenced blocks."""
    return prose_of(TEXTS[name])


def _marks(name: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.long, *([pytest.mark.minutes] if name in SLOWEST else [])]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK else pytest.param(name, marks=_marks(name))
        for name in NAMES
        if name != TUTORIAL and any(blocks(name, "sh"))
    ],
)
def test_the_commands_of_a_document_end_as_it_says(name: str, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    for block in blocks(name, "sh"):
        perform(block, world)


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    spans = re.findall(r"`make ([a-z -]+)`", "".join(map(prose, NAMES)))
    commands = re.findall(r"^make ([a-z -]+)$", "".join(TEXTS.values()), re.MULTILINE)
    named = {target for words in (*spans, *commands) for target in words.split()}
    assert {"demo", "test", "test-long"} <= named <= targets


# Files and links

GOOD: dict[str, Any] = {
    "name": "part",
    "users": {"id": "part-{n}"},
    "load": {"stages": [{"name": name, "rate": "100/s", "duration": "1m"} for name in ("steady", "peak")]},
    "targets": ["p95 < 400ms"],
}
VARIABLES = dict.fromkeys(("VF_PROJECT_ID", "VF_API_KEY", "LOCAL_KEY", "GATE_KEY"), "0123456789abcdef")
YAML = [block for name in NAMES for block in blocks(name, "yaml") if block.language == "yaml"]


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.name)
def test_every_file_that_is_shown_is_accepted(block: Block) -> None:
    """A mapping of scenario keys is a scenario or a part of one; any other one is an environments file."""
    document = parse(block.text.encode(), block.name)
    if set(document.data) <= set(scenario.KEYS):
        complete = Document({**GOOD, **document.data}, document.file, document.places)
        assert scenario.Scenario.check(complete).targets
    else:
        for entry in document.data:
            assert environment.Environment.check(document, entry, VARIABLES).name == entry


def test_every_json_that_is_shown_is_json() -> None:
    shown = [block for name in NAMES for block in blocks(name, "json") if block.language == "json"]
    assert all(json.loads(block.text) for block in shown)


PROGRAMS = [block for name in NAMES for block in blocks(name) if block.language == "python"]


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda block: block.name)
def test_every_program_that_is_shown_is_one_that_mypy_has_checked(block: Block) -> None:
    """`make check` looks at the files of `docs/programs`, strictly."""
    name = block.comment.removeprefix("file ")
    assert block.text == (ROOT / "docs" / "programs" / name).read_text()


def test_every_program_is_shown() -> None:
    shown = {block.comment.removeprefix("file ") for block in PROGRAMS}
    assert {path.name for path in (ROOT / "docs" / "programs").glob("*.py")} == shown


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


LINKS = sorted({(name, link) for name in NAMES for link in _LINK.findall(prose(name)) if "://" not in link})


@pytest.mark.parametrize(("name", "link"), LINKS)
def test_every_link_leads_somewhere(name: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / name).parent / path if path else ROOT / name
    assert target.is_file()
    assert not anchor or anchor in anchors(target.read_text())


@pytest.mark.parametrize("name", NAMES)
def test_every_path_that_is_named_exists(name: str) -> None:
    named = re.findall(r"`((?:src|tests|docs|scenarios|contracts|benchmarks)/[^`\s]*)`", prose(name))
    assert not [path for path in named if not (ROOT / path).exists()]
