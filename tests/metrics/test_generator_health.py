"""The generator's use of the machine adds: counts sum, peaks take the larger."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from sessionload.metrics.generator_health import MAX_ADDRESSES, OTHER_ADDRESSES, GeneratorHealth

GENERATORS = st.builds(GeneratorHealth, *[st.integers(0, 10**12)] * 9)


def plus(*parts: GeneratorHealth) -> GeneratorHealth:
    result = GeneratorHealth()
    for part in parts:
        result += part
    return result


def test_counts_sum_and_peaks_take_the_larger() -> None:
    one = GeneratorHealth(1, 2, 300, 4, 5, 6, 7, 8, 9)
    two = GeneratorHealth(10, 20, 30, 40, 50, 60, 70, 80, 90)
    assert plus(one, two) == GeneratorHealth(11, 22, 300, 40, 50, 66, 77, 88, 99)


@pytest.mark.parametrize(
    ("cpu_ns", "wall_ns", "share"),
    [(1, 3, Fraction(1, 3)), (2, 1, Fraction(2)), (0, 5, Fraction(0)), (0, 0, Fraction(0))],
)
def test_the_processor_share_is_exact_and_0_before_any_time_passed(
    cpu_ns: int, wall_ns: int, share: Fraction
) -> None:
    assert GeneratorHealth(cpu_ns=cpu_ns, wall_ns=wall_ns).cpu_share == share


@given(GENERATORS, GENERATORS, GENERATORS)
def test_adding_is_associative_and_commutative_and_empty_is_zero(
    one: GeneratorHealth, two: GeneratorHealth, three: GeneratorHealth
) -> None:
    assert plus(plus(one, two), three) == plus(one, plus(two, three))
    assert plus(one, two) == plus(two, one)
    assert plus(one, GeneratorHealth()) == one


def to(*counts: tuple[str, int]) -> GeneratorHealth:
    return GeneratorHealth(addresses=dict(counts))


def test_connections_add_by_address_and_what_is_not_there_is_left_out() -> None:
    assert plus(to(("b", 1)), to(("a", 2), ("b", 3))).addresses == {"a": 2, "b": 4}
    assert plus(GeneratorHealth(), GeneratorHealth()).addresses is UNSET
    assert b"addresses" not in msgspec.json.encode(GeneratorHealth())
    assert msgspec.json.decode(msgspec.json.encode(to(("a", 2))), type=GeneratorHealth) == to(("a", 2))


@given(st.lists(st.dictionaries(st.integers(0, 150).map(str), st.integers(1, 9)), min_size=3, max_size=3))
def test_not_more_than_64_addresses_are_told_apart_in_whatever_order_they_add(
    counts: list[dict[str, int]],
) -> None:
    first, second, third = (GeneratorHealth(addresses=each) for each in counts)
    total = plus(first, second, third).addresses or {}
    assert len(total) <= MAX_ADDRESSES + 1
    assert sum(total.values()) == sum(sum(each.values()) for each in counts)
    assert plus(third, plus(second, first)).addresses == plus(plus(first, second), third).addresses


def test_addresses_past_the_most_are_counted_together() -> None:
    one = GeneratorHealth(addresses={f"10.0.0.{number:03}": 1 for number in range(MAX_ADDRESSES)})
    two = GeneratorHealth(addresses={"10.0.0.000": 2, "10.0.9.999": 5})
    both = plus(one, two).addresses
    assert both
    assert (both["10.0.0.000"], both[OTHER_ADDRESSES]) == (3, 5)
    assert len(both) == MAX_ADDRESSES + 1
    assert plus(two, one).addresses == both


@given(GENERATORS)
def test_the_busiest_second_is_never_below_the_whole(generator: GeneratorHealth) -> None:
    assert generator.busiest_permille >= generator.cpu_share * 1000
    assert generator.busiest_permille >= generator.peak_cpu_permille
