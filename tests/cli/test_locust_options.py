"""What Locust's command may be told, and what is refused because it would change nothing."""

from __future__ import annotations

from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sessionload.cli.locust_options import MEANINGLESS, refuse_labels, refuse_meaningless
from sessionload.errors import InputError, Place

UNASKED = {name: unasked for name, (_, unasked, _, _) in MEANINGLESS.items()}


def test_what_nobody_asked_for_is_not_refused() -> None:
    refuse_meaningless(Namespace(**UNASKED))
    refuse_meaningless(Namespace(**UNASKED | {"stop_timeout": "0"}))
    refuse_meaningless(Namespace())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "https://elsewhere.example"),
        ("num_users", 100),
        ("spawn_rate", 10.0),
        ("config_users", ["{}"]),
        ("tags", ["fast"]),
        ("exclude_tags", ["slow"]),
        ("class_picker", True),
        ("equal_weights", True),
        ("enable_rebalancing", True),
        ("stop_timeout", 30),
        ("exit_code_on_error", 0),
    ],
)
def test_what_would_change_nothing_is_refused_with_what_to_do(name: str, value: Any) -> None:  # noqa: ANN401
    with pytest.raises(InputError) as caught:
        refuse_meaningless(Namespace(**UNASKED | {name: value}))
    error = caught.value
    assert (error.code, error.place) == ("option-without-meaning", Place(MEANINGLESS[name][0]))
    assert error.hint.startswith("leave it out")
    assert "elsewhere" not in str(error)


def test_each_of_them_is_an_option_of_locust() -> None:
    """Read from its source: importing it would let Locust patch this process."""
    package = find_spec("locust")
    assert package is not None
    assert package.origin is not None
    source = (Path(package.origin).parent / "argument_parser.py").read_text()
    assert not [option for option, *_ in MEANINGLESS.values() if f'"{option}"' not in source]


def test_labels_of_a_worker_by_itself_are_refused_and_those_that_it_was_forked_with_are_not() -> None:
    refuse_labels(Namespace(sl_label=[], processes=None))
    refuse_labels(Namespace(sl_label=["release=1.4.2"], processes=2))
    with pytest.raises(InputError) as caught:
        refuse_labels(Namespace(sl_label=["release=1.4.2"], processes=None))
    assert (caught.value.code, caught.value.place) == ("option-without-meaning", Place("--label"))
