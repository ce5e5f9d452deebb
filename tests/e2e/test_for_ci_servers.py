"""What a CI server shows: the page of a step and a JUnit file, of checks and of preflights that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from world import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from world import Ended, World

SUMMARY = "GITHUB_STEP_SUMMARY"
CHECK = ("check", "--environment", "here", "--pace", "500/s", "--quiet")


def errors_in(file: Path) -> list[str]:
    """Return the type of each error in a JUnit file."""
    return [error.attrib["type"] for error in ET.parse(file).iter("error")]  # noqa: S314 - our own text


@pytest.mark.parametrize(("fault", "code"), [((), 0), (("status 200 always",), 1)])
def test_a_check_is_on_the_page_of_its_step(
    call: Callable[..., Ended], world: World, fault: tuple[str, ...], code: int
) -> None:
    page = world.folder / "step.md"
    page.write_text("# The job\n")
    world.stub_thread(*fault)
    ended = call(*CHECK, "--out", "checked", **{SUMMARY: str(page)})
    assert ended.code == code, ended.err
    assert page.read_text() == f"# The job\n\n{(world.folder / 'checked' / 'summary.md').read_text()}\n"


def test_a_page_that_cannot_be_written_changes_no_check(call: Callable[..., Ended], world: World) -> None:
    world.stub_thread()
    ended = call(*CHECK, **{SUMMARY: str(world.folder)})
    assert ended.code == 0
    assert f"warning: the summary was not appended to the file of {SUMMARY}: it is not a file" in ended.err


def test_a_check_that_fails_its_preflight_is_in_every_file_that_was_named(
    call: Callable[..., Ended], world: World
) -> None:
    page = world.folder / "step.md"
    world.environments(f"http://127.0.0.1:{free_port()}")
    ended = call(*CHECK, "--out", "checked", "--junit", "junit/check.xml", **{SUMMARY: str(page)})
    assert ended.code == 4
    assert page.read_text().startswith("## here: preflight failed\n")
    assert sorted(path.name for path in (world.folder / "checked").iterdir()) == ["junit.xml"]
    assert errors_in(world.folder / "checked" / "junit.xml") == ["preflight-refused"]
    assert "warning" in ended.err  # there is no folder for the other file
    (world.folder / "junit").mkdir()
    assert call(*CHECK, "--junit", "junit/check.xml").code == 4
    assert errors_in(world.folder / "junit" / "check.xml") == ["preflight-refused"]


def test_a_check_can_be_tried_again_in_the_same_place(call: Callable[..., Ended], world: World) -> None:
    again = (*CHECK, "--out", "checked", "--junit", "check.xml")
    world.environments(f"http://127.0.0.1:{free_port()}")
    assert call(*again).code == 4
    assert call(*again).code == 4
    world.stub_thread()
    assert call(*again).code == 0
    assert errors_in(world.folder / "checked" / "junit.xml") == errors_in(world.folder / "check.xml") == []
    kept = (world.folder / "check.xml").read_text()
    taken = call(*again)
    assert (taken.code, "[output-taken]" in taken.err) == (2, True)
    assert (world.folder / "check.xml").read_text() == kept


def test_a_run_that_fails_its_preflight_says_so_and_can_be_tried_again(world: World) -> None:
    page = world.folder / "step.md"
    env = {**world.variables, SUMMARY: str(page)}
    world.environments(f"http://127.0.0.1:{free_port()}")
    arguments = ("run", world.scenario("20/s", "1s"), "--out", "ran", "--quiet")
    ended = world.run(*arguments, env=env)
    assert (ended.code, len(ended.err.splitlines())) == (4, 1)
    assert page.read_text().startswith("## e2e: preflight failed\n\n**NOT RUN**: preflight of here ")
    assert errors_in(world.folder / "ran" / "junit.xml") == ["preflight-refused"]
    world.stub()
    assert world.run(*arguments, env=env).code == 0
    assert errors_in(world.folder / "ran" / "junit.xml") == []


def test_where_nobody_named_a_place_a_failed_preflight_leaves_none(
    call: Callable[..., Ended], world: World
) -> None:
    world.environments(f"http://127.0.0.1:{free_port()}")
    assert call(*CHECK).code == 4
    assert list((world.folder / "reports").iterdir()) == []
