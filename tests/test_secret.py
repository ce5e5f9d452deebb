"""A key is opened by `reveal`, and shown by nothing else."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.errors import InputError
from sessionload.secret import Secret

CANARY = "VF.DM.canary-0123456789"
KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=512)


@dataclass
class Holder:
    """Something that holds a key, as an environment does."""

    name: str
    key: Secret


def secret() -> Secret:
    return Secret(CANARY, name="VF_API_KEY")


def test_reveal_opens_the_box() -> None:
    assert secret().reveal() == CANARY


@given(KEYS)
def test_any_visible_ascii_of_8_to_512_characters_is_a_key(text: str) -> None:
    assert Secret(text, name="KEY").reveal() == text


@pytest.mark.parametrize(
    "shown",
    [
        repr(secret()),
        str(secret()),
        f"{secret()}",
        f"{secret()!r}",
        f"{secret():>40}",
        "%s and %r" % (secret(), secret()),  # noqa: UP031 - old formats must show nothing either
        "{} {!s}".format(secret(), secret()),  # noqa: UP032 - the same
        format(secret(), "s"),
        ascii(secret()),
        repr([secret()]),
        repr({"key": secret()}),
        repr(Holder("staging", secret())),
    ],
)
def test_no_text_made_of_a_secret_has_a_part_of_it(shown: str) -> None:
    assert "Secret(***)" in shown
    assert CANARY[:6] not in shown


@pytest.mark.parametrize(
    "leak",
    [
        lambda: copy.copy(secret()),
        lambda: copy.deepcopy(secret()),
        lambda: pickle.dumps(secret()),
        lambda: pickle.dumps(secret(), protocol=0),
        lambda: asdict(Holder("staging", secret())),
        lambda: json.dumps(secret()),
        lambda: vars(secret()),
        lambda: list(secret()),  # type: ignore[call-overload]  # that it cannot be is the point
    ],
)
def test_a_secret_is_not_copied_pickled_or_taken_apart(leak: object) -> None:
    assert callable(leak)
    with pytest.raises(TypeError) as caught:
        leak()
    assert CANARY not in str(caught.value)


def test_equality_is_identity_so_that_a_failed_comparison_has_nothing_to_print() -> None:
    one, other = secret(), secret()
    assert one == one  # noqa: PLR0124 - the fact under test
    assert one != other
    text: object = CANARY
    assert one != text
    with pytest.raises(AssertionError) as caught:
        assert one == other
    assert CANARY not in str(caught.value)


def test_a_traceback_through_a_secret_does_not_show_it() -> None:
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError(secret())
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_log_line_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("sessionload.test").error("the key %s of %r", secret(), Holder("x", secret()))
    assert "Secret(***)" in caplog.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing here", "nothing here"),
        (f"Authorization: {CANARY}", "Authorization: ***"),
        (f"{CANARY},{CANARY}", "***,***"),
        (f"cut at {CANARY[:8]}", "cut at ***"),
        (f"cut at {CANARY[:12]}", "cut at ***nary"),
        (f"cut at {CANARY[:7]}", f"cut at {CANARY[:7]}"),
        ("", ""),
    ],
)
def test_hide_stars_the_key_and_its_first_8_characters(text: str, shown: str) -> None:
    assert secret().hide(text) == shown


@given(KEYS, st.text(), st.text())
def test_hidden_text_never_has_the_key_in_it(key: str, before: str, after: str) -> None:
    hidden = Secret(key, name="KEY").hide(before + key + after)
    assert "***" in hidden
    if "*" not in key:
        assert key not in hidden


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        (" " + CANARY, "begins or ends with white space"),
        (CANARY + "\n", "begins or ends with white space"),
        ("   ", "begins or ends with white space"),
        ("canary canary", "has white space, a control character or a character outside ASCII in it"),
        ("canary\r\nX-Evil: 1", "has white space, a control character or a character outside ASCII in it"),
        ("canary\x00canary", "has white space, a control character or a character outside ASCII in it"),
        ("canary\x7fcanary", "has white space, a control character or a character outside ASCII in it"),
        ("cånarycanary", "has white space, a control character or a character outside ASCII in it"),
        ("canary7", "is not between 8 and 512 characters long"),
        ("canary" * 100, "is not between 8 and 512 characters long"),
    ],
)
def test_what_cannot_be_a_header_value_is_refused_without_being_shown(text: str, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        Secret(text, name="VF_API_KEY")
    error = caught.value
    assert error.code == "bad-key"
    assert error.message == f"the key in the environment variable VF_API_KEY {fault}"
    assert "canary" not in str(error)
    assert "nary" not in str(error)
