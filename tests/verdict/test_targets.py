"""The grammar of targets: what is read, and what is refused with the cure."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.units import NS
from sessionload.verdict.targets import COUNTS, SHARES, VIEWS, BoundKind, Target, TargetMetric, parse_target

MS = 1_000_000
P95 = TargetMetric("p95", "response", "percentile", Fraction(95, 100))


@pytest.mark.parametrize(
    ("expr", "metric", "op", "kind", "bound"),
    [
        ("p95 < 400ms", P95, "<", BoundKind.DURATION, 400 * MS),
        ("p95<400ms", P95, "<", BoundKind.DURATION, 400 * MS),
        ("  p95   <=  1m 30s ", P95, "<=", BoundKind.DURATION, 90 * NS),
        ("p95 > 0s", P95, ">", BoundKind.DURATION, 0),
        (
            "p99.9 < 1s",
            TargetMetric("p99.9", "response", "percentile", Fraction(999, 1000)),
            "<",
            BoundKind.DURATION,
            NS,
        ),
        (
            "p0.1 < 1s",
            TargetMetric("p0.1", "response", "percentile", Fraction(1, 1000)),
            "<",
            BoundKind.DURATION,
            NS,
        ),
        (
            "response.p95 < 1s",
            TargetMetric("response.p95", "response", "percentile", Fraction(95, 100)),
            "<",
            BoundKind.DURATION,
            NS,
        ),
        (
            "service.p99.9 >= 1ms",
            TargetMetric("service.p99.9", "service", "percentile", Fraction(999, 1000)),
            ">=",
            BoundKind.DURATION,
            MS,
        ),
        ("min < 1s", TargetMetric("min", "response", "min"), "<", BoundKind.DURATION, NS),
        (
            "answered.mean < 1s",
            TargetMetric("answered.mean", "answered", "mean"),
            "<",
            BoundKind.DURATION,
            NS,
        ),
        ("lag.max < 10ms", TargetMetric("lag.max", "lag", "max"), "<", BoundKind.DURATION, 10 * MS),
        (
            "lateness.max < 10us",
            TargetMetric("lateness.max", "lateness", "max"),
            "<",
            BoundKind.DURATION,
            10_000,
        ),
        ("error_rate < 0.1%", TargetMetric("error_rate"), "<", BoundKind.SHARE, Fraction(1, 1000)),
        ("error_rate == 0 %", TargetMetric("error_rate"), "==", BoundKind.SHARE, 0),
        ("achieved_rate >= 99%", TargetMetric("achieved_rate"), ">=", BoundKind.SHARE, Fraction(99, 100)),
        ("contract_violations == 0", TargetMetric("contract_violations"), "==", BoundKind.COUNT, 0),
        ("throttled < 12", TargetMetric("throttled"), "<", BoundKind.COUNT, 12),
        ("rejected <= 0.5%", TargetMetric("rejected"), "<=", BoundKind.SHARE, Fraction(1, 200)),
        ("server_errors <= 3", TargetMetric("server_errors"), "<=", BoundKind.COUNT, 3),
        ("timeouts == 0%", TargetMetric("timeouts"), "==", BoundKind.SHARE, 0),
        ("connection_errors < 1", TargetMetric("connection_errors"), "<", BoundKind.COUNT, 1),
        ("protocol_errors == 0", TargetMetric("protocol_errors"), "==", BoundKind.COUNT, 0),
        (
            "within(400ms) >= 99%",
            TargetMetric("within(400ms)", within_ns=400 * MS),
            ">=",
            BoundKind.SHARE,
            Fraction(99, 100),
        ),
        (
            " within ( 1m 30s )>99.5 % ",
            TargetMetric("within(1m30s)", within_ns=90 * NS),
            ">",
            BoundKind.SHARE,
            Fraction(199, 200),
        ),
        ("unsent == 0", TargetMetric("unsent"), "==", BoundKind.COUNT, 0),
    ],
)
def test_what_a_target_says(
    expr: str, metric: TargetMetric, op: str, kind: BoundKind, bound: Fraction | int
) -> None:
    target = parse_target(expr)
    assert (target.metric, target.op, target.kind, target.bound) == (metric, op, kind, bound)
    assert (target.window_ns, target.window_s, target.abort) == (None, 0, False)


@pytest.mark.parametrize(
    ("expr", "canonical", "bound_text"),
    [
        ("p95<400ms", "p95 < 400ms", "400ms"),
        (" p95 <  1m 30s ", "p95 < 1m30s", "1m30s"),
        ("error_rate<=0.10 %", "error_rate <= 0.10%", "0.10%"),
        ("unsent==0", "unsent == 0", "0"),
    ],
)
def test_a_target_is_spelled_with_its_own_words_and_one_spacing(
    expr: str, canonical: str, bound_text: str
) -> None:
    target = parse_target(expr)
    assert (target.expr, target.bound_text) == (canonical, bound_text)
    assert parse_target(canonical) == target


@pytest.mark.parametrize(
    ("expr", "sentence"),
    [
        ("p95", "'p95' compares nothing; write it like p95 < 400ms"),
        ("", "'' compares nothing; write it like p95 < 400ms"),
        ("p95 400ms", "'p95 400ms' compares nothing; write it like p95 < 400ms"),
        ("< 400ms", "'< 400ms' has nothing on one side of <; write it like p95 < 400ms"),
        ("p95 <", "'p95 <' has nothing on one side of <; write it like p95 < 400ms"),
        ("1ms < p95 < 4ms", "'1ms < p95 < 4ms' has more than one comparison; write a target for each"),
        ("p95 < < 4ms", "'p95 < < 4ms' has more than one comparison; write a target for each"),
        ("p95 << 4ms", "'<<' is not a comparison; did you mean <?"),
        ("p95 =< 4ms", "'=<' is not a comparison; did you mean <=?"),
        ("achieved_rate => 99%", "'=>' is not a comparison; did you mean >=?"),
        ("unsent === 0", "'===' is not a comparison; did you mean ==?"),
        ("unsent != 0", "'!=' is not a comparison; known here: < <= > >= =="),
        ("p95 <> 1s", "'<>' is not a comparison; known here: < <= > >= =="),
        ("unsent = 0", "'unsent = 0' has a single =; did you mean ==?"),
        ("p95 = 400ms", "'p95 = 400ms' has a single =; did you mean <=?"),
        ("p95 == 400ms", "no duration is met to the nanosecond; did you mean p95 <= …?"),
        ("p101 < 1s", "'p101' is not between p0 and p100; for the end itself write max"),
        ("p100 < 1s", "'p100' is not between p0 and p100; for the end itself write max"),
        ("p0 < 1s", "'p0' is not between p0 and p100; for the end itself write min"),
        ("service.p0.0 < 1s", "'p0.0' is not between p0 and p100; for the end itself write min"),
        ("p99_9 < 1s", "'p99_9' is not a percentile; did you mean p99.9?"),
        ("service.p99_9 < 1s", "'service.p99_9' is not a percentile; did you mean p99.9?"),
        ("P95 < 1s", "'P95' is not a metric; did you mean 'p95'?"),
        ("p < 1s", None),
        ("p-5 < 1s", None),
        ("percentile 101 < 1s", None),
        ("error rate < 1%", "'error rate' is not a metric; did you mean 'error_rate'?"),
        ("errors_rate < 1%", "'errors_rate' is not a metric; did you mean 'error_rate'?"),
        ("service.average < 1s", "'service.average' is not a metric; did you mean 'mean'?"),
        ("median < 1s", "'median' is not a metric; did you mean 'p50'?"),
        ("service.maxx < 1s", "'service.maxx' is not a metric; did you mean 'max'?"),
        ("service.error_rate < 1%", "'service.error_rate' is not a metric; did you mean 'error_rate'?"),
        ("respons.p95 < 1s", "'respons' is not a view of the durations; did you mean 'response'?"),
        (
            ".p95 < 1s",
            (
                "'' is not a view of the durations; known here: answered, connect, first_byte, lag, lateness,"
                " response, service, tls"
            ),
        ),
        ("p95 < 400", "'400' has no unit; did you mean 400ms?"),
        ("p95 < 0.4", "'0.4' has no unit; did you mean 0.4s?"),
        ("p95 < 5", "'5' has no unit; write 5s or 5ms, whichever is meant"),
        ("errors < 1%", "'errors' is not a metric; did you mean 'error_rate'?"),
        ("failure_rate < 1%", "'failure_rate' is not a metric; did you mean 'error_rate'?"),
        ("5xx == 0", "'5xx' is not a metric; did you mean 'server_errors'?"),
        ("latency < 1s", "'latency' is not a metric; did you mean 'p95'?"),
        ("p95 < 5%", "p95 is a duration, not a share; write it like p95 < 400ms"),
        ("p95 < fast", "'fast' is not a duration; write it like 30s, 1m30s or 250ms"),
        ("p95 < -5ms", "'-5ms' is negative; a duration is written like 30s, 1m30s or 250ms"),
        ("p95 < 0ms", "nothing is below 0ms; did you mean p95 <= 0ms?"),
        ("p95 < 0.1ns", "'0.1ns' is finer than a nanosecond; write whole nanoseconds, like 1500ns"),
        ("error_rate < 5", "'5' has no unit; did you mean 5%?"),
        ("error_rate < 0.01", "'0.01' has no unit; write 1% or 0.01%, whichever is meant"),
        ("error_rate <= 0", "'0' has no unit; did you mean 0%?"),
        ("error_rate < 101%", "'101%' is more than 100%; write a share from 0% to 100%"),
        ("error_rate < 0%", "nothing is below 0%; did you mean error_rate <= 0%?"),
        ("error_rate < 5ms", "'5ms' is not a share; write it like 20% or 0.1%"),
        ("throttled < 0", "nothing is below 0; did you mean throttled <= 0?"),
        ("throttled < 1.5", "'1.5' is not a count; write a whole number of arrivals, or a share like 0.1%"),
        ("throttled < 5ms", "'5ms' is not a count; write a whole number of arrivals, or a share like 0.1%"),
        ("throttled < -1", "'-1' is not a count; write a whole number of arrivals, or a share like 0.1%"),
        (
            "throttled < 1,000",
            "'1,000' is not a count; write a whole number of arrivals, or a share like 0.1%",
        ),
        ("throttled < ٣", "'٣' is not a count; write a whole number of arrivals, or a share like 0.1%"),
        ("throttled < 200%", "'200%' is more than 100%; write a share from 0% to 100%"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_sentence(expr: str, sentence: str | None) -> None:
    """Without a sentence here: the message lists every known word."""
    pattern = (
        f"^{re.escape(sentence)}$" if sentence else r"^'.*' is not a metric; known here: achieved_rate, .*$"
    )
    with pytest.raises(ValueError, match=pattern):
        parse_target(expr)


@pytest.mark.parametrize(
    ("expr", "window_ns", "abort"),
    [
        ("p95 < 1s", 30 * NS, False),
        ("achieved_rate > 99%", NS, False),
        ("error_rate < 5%", 30 * NS, True),
        ("error_rate == 0%", 1 * NS, True),
        ("p95 <= 1s", 10 * NS, True),
        ("mean < 1s", 10 * NS, True),
        ("throttled < 5%", 10 * NS, True),
        ("throttled < 5", None, True),
        ("contract_violations == 0", None, True),
        ("server_errors <= 10", 3600 * NS, True),
    ],
)
def test_windows_and_aborts_that_make_sense(expr: str, window_ns: int | None, *, abort: bool) -> None:
    target = parse_target(expr, window_ns=window_ns, abort=abort)
    assert (target.window_ns, target.abort) == (window_ns, abort)
    assert target.window_s == (window_ns or 0) // NS


@pytest.mark.parametrize(
    ("expr", "window_ns", "abort", "sentence"),
    [
        ("p95 < 1s", 0, False, "a window is a whole number of seconds, at least 1s; write it like 30s"),
        ("p95 < 1s", NS // 2, False, "a window is a whole number of seconds, at least 1s; write it like 30s"),
        ("p95 < 1s", NS + 1, False, "a window is a whole number of seconds, at least 1s; write it like 30s"),
        ("p95 < 1s", -NS, False, "a window is a whole number of seconds, at least 1s; write it like 30s"),
        (
            "p95 < 1s",
            None,
            True,
            "'p95 < 1s' needs a window to abort a run, or its first samples would; add window: 30s",
        ),
        (
            "max < 1s",
            None,
            True,
            "'max < 1s' needs a window to abort a run, or its first samples would; add window: 30s",
        ),
        (
            "throttled < 5%",
            None,
            True,
            "'throttled < 5%' needs a window to abort a run, or its first samples would; add window: 30s",
        ),
        (
            "achieved_rate >= 99%",
            30 * NS,
            True,
            "achieved_rate cannot abort a run: it is low whenever a run begins; leave out abort",
        ),
        (
            "achieved_rate <= 99%",
            30 * NS,
            True,
            "achieved_rate cannot abort a run: it is low whenever a run begins; leave out abort",
        ),
        (
            "p50 > 1ms",
            30 * NS,
            True,
            "only an upper bound can abort a run; write p50 < … or leave out abort",
        ),
        (
            "throttled >= 1",
            None,
            True,
            "only an upper bound can abort a run; write throttled < … or leave out abort",
        ),
        (
            "throttled == 1",
            None,
            True,
            "only an upper bound can abort a run; write throttled < … or leave out abort",
        ),
    ],
)
def test_windows_and_aborts_that_do_not(
    expr: str, window_ns: int | None, sentence: str, *, abort: bool
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_target(expr, window_ns=window_ns, abort=abort)


METRICS = st.one_of(
    st.tuples(
        st.sampled_from(["", *(f"{view}." for view in VIEWS)]),
        st.sampled_from(["min", "mean", "max", "p50", "p99.99"]),
        st.just("12.5ms"),
    ),
    st.tuples(st.just(""), st.sampled_from(SHARES), st.just("5%")),
    st.tuples(st.just(""), st.sampled_from(COUNTS), st.sampled_from(["5%", "7"])),
)
SPACES = st.lists(st.text(" \t", max_size=3), min_size=4, max_size=4)


@given(METRICS, st.sampled_from(["<", "<=", ">", ">="]), SPACES)
def test_white_space_does_not_matter_and_the_spelling_reads_back_as_itself(
    metric: tuple[str, str, str], op: str, spaces: list[str]
) -> None:
    view, name, bound = metric
    before, left, right, after = spaces
    target = parse_target(f"{before}{view}{name}{left}{op}{right}{bound}{after}")
    assert target.expr == f"{view}{name} {op} {bound}"
    assert parse_target(target.expr) == target


@given(st.text(max_size=40))
def test_whatever_is_written_is_a_target_or_one_sentence(text: str) -> None:
    try:
        target = parse_target(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either way is right
    else:
        assert isinstance(target, Target)
