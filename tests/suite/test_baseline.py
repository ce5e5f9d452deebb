"""A baseline: what it accepts, and that each mistake in it is named with its line."""

from __future__ import annotations

import pytest

from sessionload.config.yaml_source import parse
from sessionload.errors import InputError
from sessionload.suite.baseline import read_baseline
from sessionload.suite.suite_report import Accepted

KNOWN = ("user-id/nul", "user-id/outer-spaces", "body/array")
GOOD = """\
accepted:
  - case: user-id/outer-spaces
    reason: spaces are trimmed until ticket 123 is done
    date: 2026-01-31
  - {case: fuzz/anything, reason: "found by fuzzing", date: "2024-02-29"}
"""


def _read(text: str) -> tuple[Accepted, ...]:
    return read_baseline(parse(text.encode(), "known.yaml"), KNOWN)


def test_entries_are_read_in_their_order() -> None:
    assert _read(GOOD) == (
        Accepted("user-id/outer-spaces", "spaces are trimmed until ticket 123 is done", "2026-01-31"),
        Accepted("fuzz/anything", "found by fuzzing", "2024-02-29"),
    )


def test_a_baseline_may_be_empty() -> None:
    assert _read("accepted: []\n") == ()


def test_without_known_names_any_name_will_do() -> None:
    text = "accepted: [{case: user-id/x, reason: r, date: 2026-01-31}]"
    assert read_baseline(parse(text.encode(), "known.yaml"))[0].case == "user-id/x"


def _entry(case: str = "body/array", reason: str = "r", date: str = "2026-01-31") -> str:
    return f"accepted:\n  - case: {case}\n    reason: {reason}\n    date: {date}\n"


@pytest.mark.parametrize(
    ("text", "code", "place", "sentence"),
    [
        ("accepting: []", "unknown-key", "known.yaml:1:1", "did you mean 'accepted'?"),
        ("[]", "bad-type", "known.yaml:1", "must be a mapping"),
        ("{}", "missing-key", "known.yaml:1", "has no 'accepted'"),
        ("accepted: all", "bad-type", "known.yaml:1:11", "accepted must be a list"),
        ("accepted:\n  - body/array", "bad-type", "known.yaml:2:5", "accepted[0] must be a mapping"),
        ("accepted:\n  - case: body/array", "missing-key", "known.yaml:2:5", "has no 'reason'"),
        (_entry() + "    why: x", "unknown-key", "known.yaml:5:5", "unknown key 'why'"),
        (_entry(case="body/aray"), "unknown-case", "known.yaml:2:11", "did you mean 'body/array'?"),
        (_entry(case="''"), "empty-text", "known.yaml:2:11", "accepted[0].case is empty"),
        (_entry(reason="' '"), "empty-text", "known.yaml:3:13", "accepted[0].reason is empty"),
        (_entry(date="31.1.2026"), "bad-date", "known.yaml:4:11", "write it like 2026-01-31"),
        (_entry(date="2026-02-30"), "bad-date", "known.yaml:4:11", "not a day of the calendar"),
        (_entry(date="20260131"), "bad-type", "known.yaml:4:11", "accepted[0].date must be text"),
        (
            _entry() + "  - {case: body/array, reason: r, date: 2026-01-31}",
            "case-accepted-twice",
            "known.yaml:5:5",
            "'body/array' is accepted twice",
        ),
        (
            _entry(reason="VF.DM.0123456789abcdef.x"),
            "literal-key",
            "known.yaml:3:13",
            "looks like an API key",
        ),
    ],
)
def test_each_mistake_is_named_with_its_line(text: str, code: str, place: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        _read(text)
    assert caught.value.code == code
    assert str(caught.value).startswith(place)
    assert sentence in str(caught.value)
