"""User IDs from patterns: what each field gives, and what is not a field."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionload.workload.user_ids import UserIds, compile_user_ids, fault_in

PATIENT = settings(deadline=None)  # a busy machine makes an example slow, not wrong
RUN = "20250131-093000-ab12"


def from_pattern(text: str) -> UserIds:
    return UserIds(pattern=text, ids=None, returning=None, unique=True)


def ids_of(users: UserIds, count: int, *, seed: int = 7) -> list[str]:
    user_id = compile_user_ids(users, run_id=RUN, seed=seed)
    return [user_id(index) for index in range(count)]


class TestPatterns:
    @pytest.mark.parametrize(
        ("text", "index", "expected"),
        [
            ("{n}", 0, "0"),
            ("{n}", 12345, "12345"),
            ("{n:d}", 255, "255"),
            ("{n:x}", 255, "ff"),
            ("{n:08d}", 42, "00000042"),
            ("{n:08x}", 42, "0000002a"),
            ("{n:01d}", 42, "42"),
            ("{n:02d}", 100, "100"),
            ("{n:040d}", 7, "0" * 39 + "7"),
            ("launch-{run}-{n:08d}", 3, f"launch-{RUN}-00000003"),
            ("{n}/{n:x}/{run}/{n}", 10, f"10/a/{RUN}/10"),
            ("{{{n}}}", 5, "{5}"),
            ("{{n}}", 5, "{n}"),
            ("}}{{", 5, "}{"),
            ("100%-%d-%(n)s-{n}", 5, "100%-%d-%(n)s-5"),
            ("somebody", 5, "somebody"),
            ("50% {{off}}", 5, "50% {off}"),
            ("{run}", 5, RUN),
            ("žluťoučký-{n}", 5, "žluťoučký-5"),
            ("", 5, ""),
        ],
    )
    def test_a_pattern_is_filled_in(self, text: str, index: int, expected: str) -> None:
        assert compile_user_ids(from_pattern(text), run_id=RUN, seed=7)(index) == expected

    def test_a_run_id_with_a_percent_sign_stays_as_it_is(self) -> None:
        assert compile_user_ids(from_pattern("{run}-{n}"), run_id="5%d", seed=7)(1) == "5%d-1"

    def test_a_uuid_follows_from_seed_and_number(self) -> None:
        """`printf uuid/7/0 | b2sum -l 128` gives db3ead2f5473c90f671c7c5776053122; two digits are set."""
        assert ids_of(from_pattern("{uuid}"), 1) == ["db3ead2f-5473-490f-a71c-7c5776053122"]
        assert ids_of(from_pattern("{uuid}"), 9) == ids_of(from_pattern("{uuid}"), 9)
        assert not set(ids_of(from_pattern("{uuid}"), 9)) & set(ids_of(from_pattern("{uuid}"), 9, seed=8))

    @PATIENT
    @given(st.integers(), st.integers(0, 10**9))
    def test_a_uuid_has_the_shape_of_version_4(self, seed: int, index: int) -> None:
        text = compile_user_ids(from_pattern("{uuid}"), run_id=RUN, seed=seed)(index)
        assert str(uuid.UUID(text)) == text
        assert uuid.UUID(text).version == 4
        assert uuid.UUID(text).variant == uuid.RFC_4122

    @PATIENT
    @given(
        st.lists(st.sampled_from(["{n}", "{n:05d}", "{n:x}", "{uuid}", "{run}", "7", "%"]), max_size=5),
        st.integers(),
    )
    def test_ids_of_a_pattern_with_a_number_differ_and_are_the_same_again(
        self, parts: list[str], seed: int
    ) -> None:
        users = from_pattern("{n}" + "".join(parts))
        user_id = compile_user_ids(users, run_id=RUN, seed=seed)
        numbers = [*range(120), *range(990, 1010)]
        forwards = [user_id(index) for index in numbers]
        backwards = [user_id(index) for index in reversed(numbers)]
        assert forwards == backwards[::-1]
        assert len(set(forwards)) == len(numbers)
        assert fault_in(users, 1010, run_id=RUN) is None

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("{", "the pattern '{' has a '{' without its partner at character 1; write '{{' for a brace"),
            (
                "a-{n",
                "the pattern 'a-{n' has a '{' without its partner at character 3; write '{{' for a brace",
            ),
            (
                "a-n}",
                "the pattern 'a-n}' has a '}' without its partner at character 4; write '}}' for a brace",
            ),
            ("{{n}", "the pattern '{{n}' has a '}' without its partner at character 4"),
            (
                "{" + "x" * 60,
                "the pattern '{" + "x" * 39 + "'... has a '{' without its partner at character 1",
            ),
            ("a\n{", r"the pattern 'a\n{' has a '{' without its partner at character 3"),
            ("{}", "'{}' is not a field of a user ID; known here: n, run, uuid"),
            ("{0}", "'{0}' is not a field of a user ID; known here: n, run, uuid"),
            ("{N}", "'{N}' is not a field of a user ID; did you mean 'n'?"),
            (
                "{uid}",
                "'{uid}' is not a field of a user ID; did you mean 'uuid'? (for a brace that is",
            ),
            ("{run_id}", "'{run_id}' is not a field of a user ID; known here: n, run, uuid"),
            ("{ n }", "'{ n }' is not a field of a user ID"),
            ("{n.real}", "'{n.real}' is not a field of a user ID"),
            ("{n[0]}", "'{n[0]}' is not a field of a user ID"),
            ("{n!r}", "'{n!r}' has an unknown format; write {n}, {n:08d} or {n:08x}, with 1 to 40 digits"),
            ("{n:}", "'{n:}' has an unknown format; write {n}, {n:08d} or {n:08x}, with 1 to 40 digits"),
            ("{n:X}", "'{n:X}' has an unknown format; write {n}, {n:08d} or {n:08x}, with 1 to 40 digits"),
            ("{n:0d}", "'{n:0d}' has an unknown format; write {n}"),
            (
                "{n:041d}",
                "'{n:041d}' has an unknown format; write {n}, {n:08d} or {n:08x}, with 1 to 40 digits",
            ),
            ("{n:01٣d}", "'{n:01٣d}' has an unknown format; did you mean {n:01d}?"),  # a digit, but not ours
            ("{n:08}", "'{n:08}' has an unknown format; did you mean {n:08d}?"),
            ("{n:8d}", "'{n:8d}' has an unknown format; did you mean {n:08d}?"),
            ("{n:08X}", "'{n:08X}' has an unknown format; did you mean {n:08x}?"),
            ("{n:>12}", "'{n:>12}' has an unknown format; did you mean {n:012d}?"),
            ("{n:\n}", r"'{n:\n}' has an unknown format; write {n}"),
            ("{run:>8}", "'{run:>8}' has a format, and only {n} can have one; write {run}"),
            ("{uuid!s}", "'{uuid!s}' has a format, and only {n} can have one; write {uuid}"),
        ],
    )
    def test_anything_else_in_braces_is_refused_with_a_hint(self, text: str, sentence: str) -> None:
        with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
            compile_user_ids(from_pattern(text), run_id=RUN, seed=7)
        assert str(fault_in(from_pattern(text), 10, run_id=RUN)) == str(caught.value)
        assert "\n" not in str(caught.value)
