"""The tutorial works as a reader works through it: whole, and in short for `make test`.

`make tutorial` runs it whole on this machine and writes the transcript at its end again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from document_commands import Block, blocks_of, expected_end, make_world, perform

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
STEPS = [
    block
    for block in blocks_of("docs/tutorial.md", PAGE.read_text())
    if block.language == "sh" or block.comment.startswith("file ")
]
TRANSCRIPT = re.compile(r"(?<=^<!-- transcript -->\n```text\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
SHOWN = re.compile(r"Targets|stages|Cases|Differences")
"""The first words of what is shown of an output, besides its first paragraph."""
HEAD = re.compile(r"^(?:\$ .*|exit \d|[A-Z]{3,}(?: [A-Z]+)?(?=:)|error(?=:))", re.MULTILINE)
"""What two transcripts have in common: the commands, how they ended, and what they said first."""
WRITES = os.environ.get("GOLD") == "write"


def excerpt(block: Block, printed: str) -> Iterator[str]:
    """Yield a command and the lines of its output that say most."""
    yield "$ " + re.sub(r" *\\\n *", " ", block.text.strip())
    first, *others = printed.strip().split("\n\n")
    yield from first.splitlines()
    left_out = False
    for part in others:
        if SHOWN.match(part):
            yield from ("", *part.splitlines())
        else:
            left_out = True
    if left_out:
        yield from ("…", printed.strip().splitlines()[-1])
    if code := expected_end(block)[0]:
        yield f"exit {code}"
    yield ""


@pytest.mark.long
def test_the_tutorial_in_short(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    performed = [perform(short, world) for step in STEPS if (short := step.shortened())]
    assert len(performed) >= len(STEPS) - 5
    assert any("MISSED" in printed for printed in performed)


@pytest.mark.long
@pytest.mark.minutes
@pytest.mark.timeout(1200)
def test_the_whole_tutorial(tmp_path: Path) -> None:
    world = make_world(tmp_path, eased=not WRITES)
    lines: list[str] = []
    for step in STEPS:
        if WRITES and step.comment.startswith("file "):
            (world / step.comment.removeprefix("file ").partition(",")[0]).write_text(step.text)
        else:
            printed = perform(step, world)
            lines += excerpt(step, printed) if step.language == "sh" else []
    text = "\n".join(lines).strip() + "\n"
    if WRITES:
        PAGE.write_text(TRANSCRIPT.sub(lambda _: text, PAGE.read_text()))
    kept = TRANSCRIPT.search(PAGE.read_text())
    assert kept is not None
    assert HEAD.findall(kept[0]) == HEAD.findall(text)


def test_the_transcript_is_of_the_commands_of_the_page() -> None:
    kept = TRANSCRIPT.search(PAGE.read_text())
    assert kept is not None
    commands = [re.sub(r" *\\\n *", " ", step.text.strip()) for step in STEPS if step.language == "sh"]
    assert re.findall(r"^\$ (.*)$", kept[0], re.MULTILINE) == commands
    assert not re.search(r"(?<=\s)/(?:tmp|home|root)", kept[0])
