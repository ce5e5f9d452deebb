"""`sessionload explain` says of every message what its page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sessionload.cli.cli import cli
from sessionload.cli.explain import explain, messages
from sessionload.errors import InputError

PAGE = (Path(__file__).parents[2] / "docs" / "messages.md").read_text()
ERRORS, _, FINDINGS = PAGE.partition("\n## Findings\n")
CODES = re.findall(r"^### (\S+)$", ERRORS, re.MULTILINE)
CAUSES = re.findall(r"^\| `([^`]+)`", FINDINGS, re.MULTILINE)


def test_every_error_and_every_cause_of_the_page_is_known_and_no_other() -> None:
    assert len(CODES) > 100
    assert list(messages()) == [*CODES, *CAUSES]


@pytest.mark.parametrize("code", CODES)
def test_an_error_has_cause_cure_and_exit_code(code: str) -> None:
    assert list(messages()[code].parts) == ["Cause", "Cure", "Exit code"]
    assert all(messages()[code].parts.values())
    assert explain(code).startswith(f"{code}: an error\n  Cause: ")


@pytest.mark.parametrize("cause", CAUSES)
def test_a_cause_of_a_finding_has_cause_and_cure_and_leans_on_no_other_row(cause: str) -> None:
    parts = messages()[cause].parts
    assert list(parts) == ["Cause", "Cure"]
    assert not [text for text in parts.values() if re.match(r"(the same|as above)|$", text)]


def test_lines_are_short_enough_for_80_columns_and_no_link_is_cut() -> None:
    texts = [explain(code) for code in messages()]
    long = [line for text in texts for line in text.splitlines() if len(line) > 80]
    assert not [line for line in long if " " in line.strip()]
    assert "](" not in "".join(texts)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("[file-missing]", "Cause: a file is not there."),
        (" file-missing ", "Exit code: 2"),
        ("body/type/sessionKey", "body/type/sessionKey: a finding, contract_violation"),
        ("body/required/session/key", "the body breaks the schema"),
        ("status/404", "the document does not list this status"),
        ("server_error/503", "the server failed with this status"),
        ("server_error/503/body", "the server failed with this status; the body is not the one"),
        ("header/type/X-Limit", "a header breaks its schema"),
        ("stub-settings", "latency (docs/stub.md)"),
        ("other", "other: a finding\n"),
    ],
)
def test_a_code_is_found_as_it_stands_in_a_message_or_a_result(asked: str, said: str) -> None:
    assert said in " ".join(explain(asked).split()) or said in explain(asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("fil-missing", "no message has the code 'fil-missing'; did you mean 'file-missing'?"),
        ("server_error/404", "did you mean 'server_error/"),
        ("nonsense", "it stands in square brackets at the end of a message"),
        ("", "no message has the code ''"),
    ],
)
def test_what_is_no_code_is_refused_with_the_nearest_one(asked: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        explain(asked)
    assert caught.value.code == "unknown-code"
    assert said in str(caught.value)


def test_a_key_that_was_typed_is_not_shown() -> None:
    ended = CliRunner().invoke(cli, ["explain", "VF.DM.0123456789abcdef.wxyz"])
    assert ended.exit_code == 2
    assert "(a text that may be a key)" in ended.stderr
    assert "0123456789" not in ended.output
