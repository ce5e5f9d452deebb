"""Regular expressions are those of ECMA-262, found anywhere, and end in bounded time."""

from __future__ import annotations

import pytest
from schema_cases import cause_of, rule_of

from sessionload.contract.schema.ecma_pattern import EcmaPattern
from sessionload.contract.schema.judging import Undecided
from sessionload.errors import ValueProblem


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("b", "abc", True),
        ("^a$", "a\n", False),
        ("^a$", "a", True),
        (r"^\d$", "٣", False),
        (r"^\w$", "é", False),
        (r"^\s$", "\ufeff", True),
        (r"^\p{L}+$", "éß字", True),
        (r"^\p{Script=Greek}$", "λ", True),
        (r"^\p{L}$", "1", False),
        (r"(?<year>\d{4})-\k<year>", "2026-2026", True),
        ("^.$", "😀", True),
        ("^.$", "\u2028", False),
        ("^[^]$", "\n", True),
        (r"^\u{1F600}$", "😀", True),
        (r"^\cJ$", "\n", True),
        (r"^\/$", "/", True),
        ("(?<!a)b", "ab", False),
        (r"^(?=.*[A-Z])(?=.*\d).{8,}$", "abcdefG8", True),
        (r"^\-$", "-", True),
        (r"^[\w-.]+$", "a-b.c", True),
        (r"^\_\x41$", "_A", True),
    ],
)
def test_what_a_pattern_finds(pattern: str, text: str, found: bool) -> None:  # noqa: FBT001 - a row of the table
    assert EcmaPattern(pattern).matches(text) is found


@pytest.mark.parametrize(
    "pattern",
    ["(", "[a-", r"\Z", r"\A\-", r"\-\h", "(?P<name>a)", r"\p{Word}", r"\-\p{L}", "a{2,1}", "(?i)a", "*"],
)
def test_what_is_no_pattern_is_refused_without_quoting_it(pattern: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        EcmaPattern(pattern)
    assert caught.value.message.startswith("is not a regular expression of ECMA-262: ")
    assert '"' not in caught.value.message


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|aa)+$", r"^(\w+\s?)*$", "(.*a){20}x"])
def test_nested_repetitions_take_linear_time(pattern: str) -> None:
    rule = rule_of({"pattern": pattern})
    assert cause_of(rule, "a" * 65536 + "!") == "body/pattern"


@pytest.mark.parametrize("pattern", [r"^(a+)+\1b$", r"^(?=(a+)+b)", r"^(?!(a+)+b$).*"])
def test_a_search_that_does_not_end_is_given_up(pattern: str) -> None:
    with pytest.raises(Undecided):
        EcmaPattern(pattern).matches("a" * 65536)
    assert (
        cause_of(rule_of({"properties": {"a": {"pattern": pattern}}}), {"a": "a" * 65536}) == "body/undecided"
    )
    assert cause_of(rule_of({"patternProperties": {pattern: {}}}), {"a" * 65536: 1}) == "body/undecided"


def test_one_that_is_given_up_ends_the_judgement() -> None:
    """Thousands of texts that each take the whole time would stall the generator."""
    rule = rule_of({"items": {"anyOf": [{"pattern": r"^(a+)+\1b$"}, {"pattern": "^(?=(a+)+b)"}]}})
    assert cause_of(rule, ["a" * 64] * 1000) == "body/undecided"
