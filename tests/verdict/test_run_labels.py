"""Labels of a run: what is taken, what is refused without being repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.errors import InputError
from sessionload.secret import Secret, may_be_key
from sessionload.verdict.run_labels import (
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST_LABELS,
    labels_text,
    parse_labels,
    refuse_secrets,
)

KEY = "VF.DM.64b0c1d2e3f4a5b6.Xy12Zw34"


def test_labels_are_known_by_their_names() -> None:
    labels = parse_labels(["release=1.4.2", "built.by=the night shift", "query=a=b", "city=Köln"])
    assert labels == {"release": "1.4.2", "built.by": "the night shift", "query": "a=b", "city": "Köln"}
    assert labels_text(labels) == "release=1.4.2, built.by=the night shift, query=a=b, city=Köln"
    assert (parse_labels([]), labels_text({})) == ({}, "")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["release"], "a label needs a name and a value"),
        (["=1.4.2"], "the name of a label has 1 to 40 letters"),
        (["1st=x"], "begins with a letter"),
        (["re lease=1"], "the name of a label"),
        (["release\n=1"], "the name of a label"),
        ([f"{'n' * (LONGEST_NAME + 1)}=1"], "the name of a label"),
        (["release="], "the value of the label 'release' is not between 1 and 100"),
        ([f"release={'1' * (LONGEST_VALUE + 1)}"], "the value of the label 'release' is not between"),
        (["release=1\x1b[31m"], "a character that cannot be printed"),
        (["release=1\u202e2"], "a character that cannot be printed"),
        (["release=\udcff"], "a character that cannot be printed"),
        (["release= 1"], "white space at an end"),
        (["release=1", "release=2"], "the label 'release' is given twice"),
        ([f"n{number}=1" for number in range(MOST_LABELS + 1)], "21 labels are more than the 20"),
    ],
)
def test_what_is_no_label_is_refused_with_what_to_write(texts: list[str], message: str) -> None:
    with pytest.raises(InputError, match=r".") as caught:
        parse_labels(texts)
    assert (caught.value.code, str(caught.value.place)) == ("bad-label", "--label")
    assert message in caught.value.message
    assert caught.value.hint == "write it like --label release=1.4.2"


@pytest.mark.parametrize("text", [f"key={KEY}", KEY, f"{KEY}=1", f"release=1 {KEY}", f"x= {KEY}"])
def test_what_may_be_a_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_labels([text])
    assert caught.value.code == "literal-key"
    assert not may_be_key(str(caught.value))


def test_the_key_of_the_environment_is_refused_whatever_it_looks_like() -> None:
    secret = Secret("correct-horse-battery", name="VF_API_KEY")
    refuse_secrets({"release": "1.4.2"}, secret.hide)
    for label in ("correct-horse-battery", "a correct-horse", "correct-"):
        with pytest.raises(InputError) as caught:
            refuse_secrets({"release": label}, secret.hide)
        assert caught.value.code == "literal-key"
        assert "horse" not in str(caught.value)


@given(st.lists(st.text(max_size=60), max_size=25))
def test_any_text_is_a_label_or_one_sentence(texts: list[str]) -> None:
    try:
        labels = parse_labels(texts)
    except InputError as error:
        assert error.code in {"bad-label", "literal-key"}  # noqa: PT017
        return
    assert [f"{name}={value}" for name, value in labels.items()] == texts
    assert labels_text(labels).isprintable()
