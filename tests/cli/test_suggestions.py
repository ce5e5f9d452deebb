"""Which option was meant: the right one, or none."""

from __future__ import annotations

import pytest

from sessionload.cli.cli import cli
from sessionload.cli.suggestions import option_meant

RUN = [option for parameter in cli.commands["run"].params for option in parameter.opts]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("--env", "--environment"),
        ("--environmnt", "--environment"),
        ("--environment-file", "--environments"),
        ("--conf", "--confirm"),
        ("--con", ""),
        ("--output", "--out"),
        ("--host", "--environment"),
        ("--rate", "--set"),
        ("--workrs", "--workers"),
        ("--quite", "--quiet"),
        ("--spec", "--contract"),
        ("--margin", "--tolerance"),
        ("--unheard", ""),
        ("-e", ""),
    ],
)
def test_an_option_that_there_is_not(word: str, meant: str) -> None:
    assert option_meant(word, RUN) == meant
