"""A contract check in all its views: nothing lost, nothing hostile, nothing that the check does not say."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from junit_schema import check_junit

from sessionload.report.model.plain import plain
from sessionload.report.model.text_layout import width
from sessionload.report.suite import junit, markdown, page, terminal
from sessionload.report.suite.model import SuiteModel, build_suite_model, case_row
from sessionload.suite.expectation import CaseStatus
from sessionload.suite.suite_report import Accepted, CaseResult, Planned, SuiteReport, accept

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

_CURL = 'curl -X POST -H \'authorization: \'"$VF_API_KEY" --data-binary \'{"userID":"~"}\' https://host/v4'
_BASELINE = (
    Accepted("user-id/spaces", "trimmed until 2.0", "2026-01-31"),
    Accepted("body/array", "was taken", "2026-02-01"),
    Accepted("body/gone", "an old case", "2026-03-01"),
)


def _case(name: str, state: CaseStatus, observed: str, *, elapsed_ns: int | None = 41_000_000) -> CaseResult:
    return CaseResult(
        name,
        name.partition("/")[0],
        f"The rule of {name}",
        "refused with 4xx, no session key",
        observed,
        state,
        _CURL,
        elapsed_ns,
        0 if state is CaseStatus.SKIPPED else 1,
    )


_RESULTS = (
    _case(
        "valid/ordinary", CaseStatus.KEPT, '200: {"sessionKey": "<35 characters>"}', elapsed_ns=1_730_000_000
    ),
    _case("user-id/length-257", CaseStatus.VIOLATED, "200, accepted"),
    _case("user-id/spaces", CaseStatus.VIOLATED, "400, the document does not list status 400"),
    _case("body/array", CaseStatus.UNDOCUMENTED, "undocumented, observed 400"),
    _case("body/late", CaseStatus.THROTTLED, "429"),
    replace(_case("session/old", CaseStatus.SKIPPED, "not asked for", elapsed_ns=None), curl=""),
)


def _check(
    *results: CaseResult, baseline: tuple[Accepted, ...] = (), cut: str = "", strict: bool = False
) -> SuiteReport:
    return SuiteReport(
        run_id="20260102-030405-ab12",
        started="2026-01-02 03:04:05 UTC",
        seconds=14.25,
        version="0.1.0",
        environment={"name": "staging", "url": "https://host"},
        contract={"operation": "startSession"},
        strict=strict,
        results=accept(results, baseline, strict=strict),
        baseline=baseline,
        cut_short=cut,
    )


@pytest.fixture
def checks(hostile: str) -> dict[str, SuiteModel]:
    bad = _case(f"g/{hostile}", CaseStatus.VIOLATED, hostile)
    bad = replace(bad, group=hostile, requirement=hostile, expected=hostile, curl=f"curl '{hostile}' ````")
    entries = (Accepted("user-id/ok", hostile, hostile),)
    made = {
        "kept": _check(_RESULTS[0]),
        "violated": _check(*_RESULTS, baseline=_BASELINE),
        "strict": _check(*_RESULTS, strict=True),
        "incomplete": _check(_RESULTS[0], _RESULTS[4]),
        "cut": _check(_RESULTS[0], cut="the budget of 10 requests is spent"),
        "empty": replace(_check(), environment={}),
        "hostile": replace(
            _check(bad, _case("user-id/ok", CaseStatus.KEPT, hostile), baseline=entries, cut=hostile),
            environment={"name": hostile, hostile: hostile},
        ),
    }
    return {name: build_suite_model(check) for name, check in made.items()}


NAMES = ("kept", "violated", "strict", "incomplete", "cut", "empty", "hostile")


def test_each_case_is_counted_in_one_column_of_its_group(checks: dict[str, SuiteModel]) -> None:
    rows = [
        (
            group.title,
            len(group.cases),
            group.kept,
            group.undocumented,
            group.failing,
            group.accepted,
            group.unseen,
        )
        for group in checks["violated"].groups
    ]
    assert rows == [
        ("A valid request", 1, 1, 0, 0, 0, 0),
        ("The user ID", 2, 0, 0, 1, 1, 0),
        ("The body", 2, 0, 1, 0, 0, 1),
        ("session", 1, 0, 0, 0, 0, 1),
    ]
    assert all(cases == sum(numbers) for _, cases, *numbers in rows)


def test_words_tones_and_reasons(checks: dict[str, SuiteModel]) -> None:
    assert [(row.verdict, row.tone, row.failing, row.accepted) for row in checks["violated"].cases] == [
        ("KEPT", "met", False, ""),
        ("VIOLATED", "missed", True, ""),
        ("ACCEPTED", "void", False, "since 2026-01-31: trimmed until 2.0"),
        ("UNDOCUMENTED", "open", False, ""),
        ("THROTTLED", "void", False, ""),
        ("SKIPPED", "open", False, ""),
    ]
    assert [row.name for row in checks["strict"].failing] == [
        "user-id/length-257",
        "user-id/spaces",
        "body/array",
    ]
    assert [model.tone for model in checks.values()][:4] == ["met", "missed", "missed", "void"]


def test_a_row_without_a_date_gives_the_reason_alone() -> None:
    result = replace(_RESULTS[1], accepted="known")
    assert case_row(result, strict=False).accepted == "known"


def test_what_no_longer_occurs_says_what_became_of_it(checks: dict[str, SuiteModel]) -> None:
    assert [(row.case, row.sentence) for row in checks["violated"].stale] == [
        ("body/array", "accepted since 2026-02-01, and no longer occurs: the case was undocumented"),
        ("body/gone", "accepted since 2026-03-01, and no longer occurs: no case has this name"),
    ]


def test_the_glance(checks: dict[str, SuiteModel]) -> None:
    assert dict(checks["violated"].glance) == {
        "Cases": "6",
        "Kept": "1",
        "Undocumented": "1",
        "Broke the contract": "1",
        "Requests": "5",
        "Slowest call": "1.73 s",
    }
    assert dict(checks["empty"].glance)["Slowest call"] == ""
    assert checks["empty"].title == "unnamed environment"


# Terminal


def test_the_end_of_a_check_on_a_terminal(checks: dict[str, SuiteModel]) -> None:
    assert (
        terminal.render(checks["violated"])
        == f"""\
VIOLATED: 1 of 6 cases broke the contract; 2 accepted deviations no longer occur; 1 refused with a
status that is not documented; 1 throttled; 1 skipped; 1 accepted by the baseline.

  Environment  staging
  URL          https://host
  Contract     startSession

Broke the contract (1)
  VIOLATED  user-id/length-257
    requires   The rule of user-id/length-257
    expected   refused with 4xx, no session key
    came back  200, accepted
    again      {_CURL}

No longer occurs, take it out of the baseline
  body/array
    accepted since 2026-02-01, and no longer occurs: the case was undocumented (was taken)
  body/gone
    accepted since 2026-03-01, and no longer occurs: no case has this name (an old case)

Accepted by the baseline (1)
  user-id/spaces
    came back: 400, the document does not list status 400
    since 2026-01-31: trimmed until 2.0

Not seen (2)
  body/late
    429
  session/old
    not asked for

Cases
                   cases  kept  undocumented  broken  accepted  not seen
  A valid request      1     1             -       -         -         -
  The user ID          2     -             -       1         1         -
  The body             2     -             1       -         -         1
  session              1     -             -       -         -         1
"""
    )


def test_a_check_without_cases_has_no_table(checks: dict[str, SuiteModel]) -> None:
    assert terminal.render(checks["empty"]) == (
        "INCOMPLETE: 0 of 0 cases kept the contract.\n\n  Contract  startSession\n"
    )


def test_a_check_of_the_embedded_stub_says_so_in_every_view() -> None:
    made = _check(_RESULTS[0])
    real = build_suite_model(made)
    stub = build_suite_model(replace(made, environment={"name": "stub", "url": "embedded stub"}))
    for view in (terminal, markdown, page, junit):
        assert "no real service was measured" in view.render(stub)
        assert "no real service was measured" not in view.render(real)
    assert ">Embedded stub</b>" in page.render(stub)


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_short_but_for_those_to_copy(checks: dict[str, SuiteModel], name: str) -> None:
    model = checks[name]
    for line in [*terminal.render(model).splitlines(), *map(terminal.line, model.cases)]:
        assert line.isprintable()
        assert width(line) <= 100 or line.startswith("    again ") or model is checks["hostile"]


@pytest.mark.parametrize(
    ("name", "observed", "line"),
    [
        (
            "body/array",
            "undocumented, observed 400",
            "UNDOCUMENTED body/array                     undocumented, observed 400",
        ),
        ("x" * 40, "a" * 99, f"UNDOCUMENTED {'x' * 29}… {'a' * 45}…     41 ms"),
        ("x", "界" * 40, f"UNDOCUMENTED x{' ' * 29} {'界' * 22}…      41 ms"),
    ],
)
def test_a_case_on_one_line(name: str, observed: str, line: str) -> None:
    shown = terminal.line(case_row(_case(name, CaseStatus.UNDOCUMENTED, observed), strict=False))
    assert shown.startswith(line)
    assert width(shown) == 100


def test_a_case_that_took_no_time_ends_with_what_came_back(checks: dict[str, SuiteModel]) -> None:
    assert terminal.line(checks["violated"].cases[-1]).endswith("not asked for")


def test_the_list_of_what_would_be_sent() -> None:
    cases = [
        Planned("valid/ordinary", "valid", "A rule", "a documented success"),
        Planned("session/parallel", "session", "A rule " * 20, "one live key", requests=1_011, note="it may"),
    ]
    assert terminal.listing(cases) == (
        "valid/ordinary                  a documented success\n"
        "    A rule\n"
        "session/parallel                one live key  (1,011 requests)\n"
        f"    {('A rule ' * 13)}A\n"
        f"    rule {('A rule ' * 6).strip()}\n"
        "    Note: it may\n"
        "\n"
        "2 cases and rules, 1,012 requests. Nothing was sent.\n"
    )


# Markdown


def test_the_violation_stands_before_the_table(checks: dict[str, SuiteModel]) -> None:
    text = markdown.render(checks["violated"])
    parts = [
        "## Contract of staging: violated",
        "### user-id/length-257",
        f"```sh\n{_CURL}\n```",
        "### No longer",
    ]
    parts += [
        "| Accepted by the baseline |",
        "| The user ID | 2 | 0 | 0 | 1 | 1 | 0 |",
        "<details>",
        "| SKIPPED |",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_a_check_that_was_kept_shows_no_violation(checks: dict[str, SuiteModel]) -> None:
    text = markdown.render(checks["kept"])
    assert text.startswith(
        "## Contract of staging: kept\n\n**KEPT**: 1 of 1 case kept the contract.\n\n| Group |"
    )
    assert "###" not in text


def test_a_violation_without_a_command_shows_none() -> None:
    model = build_suite_model(_check(replace(_RESULTS[1], curl="")))
    assert "### user-id/length-257" in markdown.render(model)
    assert "```" not in markdown.render(model)
    assert "again" not in terminal.render(model) + junit.render(model)
    assert "<pre>" not in page.render(model)


def test_hostile_text_is_no_markup(checks: dict[str, SuiteModel]) -> None:
    text = markdown.render(checks["hostile"])
    fence = re.search(r"\n(`{5,})sh\n(.*)\n\1\n", text)
    assert fence
    rest = text.replace(fence[0], "")
    assert "<script" not in rest
    assert not re.search(r"(?<!\\)\]\(", rest)
    assert "@everyone" not in rest
    tables = [line for line in rest.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} <= {3, 4, 6, 8}


# JUnit


def _suite(model: SuiteModel) -> ET.Element:
    suite = ET.fromstring(junit.render(model).encode()).find("testsuite")  # noqa: S314 - our own text
    assert suite is not None
    return suite


def test_each_check_keeps_the_schema_of_jenkins(checks: dict[str, SuiteModel]) -> None:
    for name, model in checks.items():
        assert check_junit(junit.render(model)).tag == "testsuites", name


@pytest.mark.parametrize(
    ("name", "tests", "failures", "errors", "skipped"),
    [
        ("kept", 1, 0, 0, 0),
        ("violated", 8, 3, 1, 2),
        ("strict", 6, 3, 1, 1),
        ("incomplete", 3, 0, 2, 0),
        ("cut", 2, 0, 1, 0),
        ("empty", 1, 0, 1, 0),
        ("hostile", 3, 2, 0, 0),
    ],
)
def test_test_cases_are_counted(
    checks: dict[str, SuiteModel], name: str, tests: int, failures: int, errors: int, skipped: int
) -> None:
    suite = _suite(checks[name])
    kinds = ("testcase", "*/failure", "*/error", "*/skipped")
    counts = tuple(len(suite.findall(kind)) for kind in kinds)
    assert counts == (tests, failures, errors, skipped)
    assert counts == tuple(int(suite.attrib[key]) for key in ("tests", "failures", "errors", "skipped"))
    assert (failures + errors > 0) is (checks[name].state.value != "kept")


def test_each_case_is_a_test_case_with_its_time(checks: dict[str, SuiteModel]) -> None:
    cases = _suite(checks["violated"]).findall("testcase")
    assert [case.get("name") for case in cases[:6]] == [result.name for result in _RESULTS]
    assert [case.get("time") for case in cases[:2]] == ["1.730", "0.041"]
    assert [case.get("classname") for case in cases[5:]] == [
        "sessionload.check.session",
        "sessionload.check.baseline",
        "sessionload.check.baseline",
    ]


def test_a_failure_says_requirement_expectation_answer_and_command(checks: dict[str, SuiteModel]) -> None:
    failure = _suite(checks["violated"]).find("testcase[@name='user-id/length-257']/failure")
    assert failure is not None
    assert failure.attrib == {"type": "violated", "message": "200, accepted"}
    assert failure.text == (
        "requires: The rule of user-id/length-257\nexpected: refused with 4xx, no session key\n"
        f"came back: 200, accepted\nagain: {_CURL}"
    )


# The page


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_in_order_and_asks_no_other_place(checks: dict[str, SuiteModel], name: str) -> None:
    text = page.render(checks[name])
    found = _Elements(text).tags
    tags = [tag for tag, _ in found]
    assert tags.count("title") == tags.count("h1") == tags.count("main") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in attributes for tag, attributes in found if tag == "th")
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not {"script", "link", "img", "iframe", "form", "a"} & set(tags)
    assert "url(" not in text
    policy = next(attributes["content"] for tag, attributes in found if "http-equiv" in attributes)
    assert policy == page._POLICY


@pytest.mark.parametrize(
    ("name", "present", "absent"),
    [
        (
            "kept",
            ["No case broke it."],
            ["No longer occurs", "Accepted by", "is incomplete", "Of the cases"],
        ),
        (
            "violated",
            [
                "user-id/length-257",
                "$VF_<wbr>API_<wbr>KEY",
                "No longer occurs",
                "trimmed until 2.0",
                "1.73 s",
                "Of the cases, 1 r",
                "<dd>https://host</dd>",
            ],
            ["No case broke it.", "is incomplete", " · strict"],
        ),
        ("strict", [" · strict"], []),
        ("cut", ["Why this check is incomplete", "the budget of 10 requests is spent"], []),
        ("empty", ["unnamed environment"], ["All cases"]),
    ],
)
def test_a_page_shows_what_there_is(
    checks: dict[str, SuiteModel], name: str, present: list[str], absent: list[str]
) -> None:
    text = page.render(checks[name])
    assert not [part for part in present if part not in text]
    assert not [part for part in absent if part in text]


def test_hostile_text_is_text(checks: dict[str, SuiteModel], hostile: str) -> None:
    text = page.render(checks["hostile"])
    assert "<script" not in text
    assert "<img" not in text
    assert "{{ 7*7 }}" in text
    assert plain(hostile).count("<script>") == 1


@pytest.mark.needs("chromium")
def test_a_browser_shows_the_page_without_a_word(
    browser: Browser, tmp_path: Path, checks: dict[str, SuiteModel]
) -> None:
    file = tmp_path / "check.html"
    file.write_text(page.render(checks["hostile"]), encoding="utf-8")
    context = browser.new_context()
    opened, console = context.new_page(), list[str]()
    opened.on("console", lambda message: console.append(message.text))
    opened.on("pageerror", lambda error: console.append(str(error)))
    opened.goto(file.as_uri(), wait_until="networkidle")
    assert console == []
    assert opened.title() != "owned"
    file.write_text(page.render(checks["violated"]), encoding="utf-8")
    opened.set_viewport_size({"width": 400, "height": 900})
    opened.goto(file.as_uri())
    wide = (
        "[...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth).length"
    )
    assert opened.evaluate(wide) == 0
    context.close()
