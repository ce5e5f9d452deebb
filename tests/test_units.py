"""Numbers with units are read exactly, and printed so that rounding does not claim 0 % or 100 %."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sessionload.units import (
    NS,
    duration_text,
    parse_duration,
    parse_rate,
    parse_share,
    rate_text,
    share_text,
    significant,
)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("30s", 30 * NS),
        ("1m30s", 90 * NS),
        ("1m 30s", 90 * NS),
        (" 250ms ", 250_000_000),
        ("250 ms", 250_000_000),
        ("1.5h", 5400 * NS),
        (".5s", NS // 2),
        ("0.1ns", None),
        ("10us", 10_000),
        ("10µs", 10_000),
        ("1ns", 1),
        ("0s", 0),
        ("1h1m1s1ms1us1ns", 3661 * NS + 1_001_001),
        ("0.000000001s", 1),
        ("0.1s", 100_000_000),
        ("30", None),
        ("1:30", None),
        ("-5s", None),
        ("5 parsecs", None),
        ("5S", None),
        ("5s.", None),
        ("1.s", None),
        ("1.5.5s", None),
        ("1,5s", None),
        ("1e3s", None),
        ("s", None),
        ("", None),
        ("never", None),
        ("inf", None),
        ("30s;", None),
    ],
)
def test_durations(text: str, ns: int | None) -> None:
    if ns is None:
        with pytest.raises(ValueError, match=r"^'.*"):
            parse_duration(text)
    else:
        assert parse_duration(text) == ns


@pytest.mark.parametrize(
    ("text", "per_second"),
    [
        ("200/s", Fraction(200)),
        ("90/min", Fraction(3, 2)),
        ("90/m", Fraction(3, 2)),
        ("1/h", Fraction(1, 3600)),
        ("0.1/s", Fraction(1, 10)),
        (" 200 / s ", Fraction(200)),
        ("0/s", Fraction(0)),
        ("200", None),
        ("200/", None),
        ("200/d", None),
        ("-1/s", None),
        ("200s", None),
        ("200/s/s", None),
        ("1e2/s", None),
        ("", None),
    ],
)
def test_rates(text: str, per_second: Fraction | None) -> None:
    if per_second is None:
        with pytest.raises(ValueError, match=r"^'.*"):
            parse_rate(text)
    else:
        assert parse_rate(text) == per_second


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("20%", Fraction(1, 5)),
        ("0.1 %", Fraction(1, 1000)),
        ("0%", Fraction(0)),
        ("100%", Fraction(1)),
        ("100.1%", None),
        ("0.2", None),
        ("-1%", None),
        ("20 percent", None),
        ("20%%", None),
        ("%", None),
    ],
)
def test_shares(text: str, part: Fraction | None) -> None:
    if part is None:
        with pytest.raises(ValueError, match=r"^'.*"):
            parse_share(text)
    else:
        assert parse_share(text) == part


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("30", "'30' has no unit; did you mean 30s?"),
        (" 1.5 ", "'1.5' has no unit; did you mean 1.5s?"),
        ("-5s", "'-5s' is negative; a duration is written like 30s, 1m30s or 250ms"),
        ("1:30", "'1:30' is not a duration; write it like 30s, 1m30s or 250ms"),
        ("5 parsecs", "'5 parsecs' is not a duration; write it like 30s, 1m30s or 250ms"),
        ("0.1ns", "'0.1ns' is finer than a nanosecond; write whole nanoseconds, like 1500ns"),
    ],
)
def test_what_is_wrong_with_a_duration_is_one_sentence_with_the_cure(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_duration(text)


def test_rates_and_shares_without_unit_are_refused_with_the_unit_to_write() -> None:
    with pytest.raises(ValueError, match=r"^'200' has no unit; did you mean 200/s\?$"):
        parse_rate("200")
    with pytest.raises(ValueError, match=r"^'5' has no unit; did you mean 5%\?$"):
        parse_share("5")
    with pytest.raises(ValueError, match=r"^'0.05' has no unit; did you mean 5%\?$"):
        parse_share("0.05")
    with pytest.raises(ValueError, match=r"^'500' has no unit; did you mean 500ms\?$"):
        parse_duration("500", unit="ms")
    with pytest.raises(ValueError, match=r"^'101%' is more than 100%; write a share from 0% to 100%$"):
        parse_share("101%")


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (None, "never"),
        (0, "0 µs"),
        (1, "< 0.01 µs"),
        (900, "0.9 µs"),
        (12_340, "12.3 µs"),
        (412_000_000, "412 ms"),
        (1_500_000, "1.5 ms"),
        (10_000_000, "10 ms"),
        (1_730_000_000, "1.73 s"),
        (119 * NS, "119 s"),
        (120 * NS, "2 min"),
        (90 * 60 * NS, "90 min"),
        (2 * 3600 * NS, "2 h"),
        (36 * 3600 * NS, "36 h"),
        (-1_500_000, "-1.5 ms"),
    ],
)
def test_a_duration_is_shown_with_three_digits_and_its_unit(ns: int | None, text: str) -> None:
    assert duration_text(ns) == text


@given(st.integers(min_value=1_000, max_value=10**15))
def test_a_duration_that_is_shown_reads_back_within_half_a_percent(ns: int) -> None:
    number, unit = duration_text(ns).replace(",", "").split(" ")
    read = parse_duration(number + unit.replace("min", "m"))
    assert abs(read - ns) * 200 <= ns


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(1, 1000), "< 0.01"),
        (Fraction(1, 3), "0.33"),
        (Fraction(10), "10"),
        (Fraction(1234, 100), "12.3"),
        (Fraction(9999, 1000), "10"),
        (Fraction(1234567), "1,234,567"),
        (Fraction(100), "100"),
    ],
)
def test_a_number_is_shown_with_three_digits(number: Fraction, text: str) -> None:
    assert significant(number) == text


def test_a_rate_is_shown_per_second() -> None:
    assert rate_text(Fraction(200)) == "200/s"
    assert rate_text(Fraction(1, 3600)) == "< 0.01/s"


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "\u2013"),
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 2, "50 %"),
        (1, 3, "33.33 %"),
        (1, 100_000, "0.001 %"),
        (99_999, 100_000, "99.999 %"),
        (1, 10**15, "> 0 %"),
        (10**15 - 1, 10**15, "< 100 %"),
    ],
)
def test_a_share_has_as_many_digits_as_it_needs(part: int, whole: int, text: str) -> None:
    assert share_text(part, whole) == text


@given(
    st.integers(min_value=1, max_value=10**18).flatmap(
        lambda whole: st.tuples(st.integers(0, whole), st.just(whole))
    )
)
@example((1, 10**18))
@example((10**18 - 1, 10**18))
@example((1, 20_001))
@example((19_999, 20_000))
def test_a_share_is_0_or_100_only_when_it_is_exact(counts: tuple[int, int]) -> None:
    part, whole = counts
    text = share_text(part, whole)
    assert (text == "0 %") == (part == 0)
    assert (text == "100 %") == (part == whole)
    number = text.removesuffix(" %")
    if number[0].isdigit():
        assert abs(Fraction(number) - Fraction(part * 100, whole)) <= Fraction(1, 100)
