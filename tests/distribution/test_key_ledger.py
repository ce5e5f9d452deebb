"""Session keys that two workers were given are found by hashes, within bounds that are said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from sessionload.distribution.key_ledger import KeyLedger
from sessionload.distribution.messages import KeyHashes, KeysChecked, data_of, read
from sessionload.generator import shared_keys
from sessionload.generator.shared_keys import SharedKeys
from sessionload.metrics.key_repeat import KeyRepeat

if TYPE_CHECKING:
    from sessionload.generator.session_start import SessionStart


def start(index: int) -> SessionStart:
    made = SimpleNamespace(stage=1, index=index, due_ns=index * 10, done_ns=index * 10 + 5)
    made.sent_ns, made.status, made.connect_ns = index * 10 + 1, 201, None
    return cast("SessionStart", made)


def compare(ledger: KeyLedger, keys: SharedKeys) -> None:
    """What happens each second, with the messages as they travel."""
    batch = keys.batch()
    assert batch is not None
    hashes = read(KeyHashes, data_of(KeyHashes(*batch)))
    assert hashes is not None
    answer = read(KeysChecked, data_of(ledger.check(hashes)))
    assert answer is not None
    keys.answer(answer.number, answer.repeated, answer.forgotten)


def test_a_key_that_two_workers_were_given_is_found_by_the_second() -> None:
    ledger = KeyLedger()
    one, other = SharedKeys(ledger.salt), SharedKeys(ledger.salt)
    for index in range(100):
        one.add(f"key-{index}", start(index))
    compare(ledger, one)
    for index in range(90, 200):
        other.add(f"key-{index}", start(index))
    assert not other.all_answered
    compare(ledger, other)
    assert one.take_repeats() == []
    assert other.take_repeats() == [
        KeyRepeat(1, index, index * 10, index * 10 + 5, index * 10 + 1, 201) for index in range(90, 100)
    ]
    assert other.take_repeats() == []
    assert (one.unchecked, other.unchecked, other.all_answered) == (0, 0, True)
    assert other.batch() is None


def test_what_is_sent_says_nothing_of_a_key() -> None:
    """It is 8 bytes, and others under the salt of another run."""
    batches = []
    for salt in (KeyLedger().salt, KeyLedger().salt):
        keys = SharedKeys(salt)
        keys.add("a-session-key", start(0))
        keys.add("half a surrogate \ud800", start(1))
        batches.append(keys.batch())
    (_, first), (_, second) = (batch for batch in batches if batch is not None)
    assert len(first) == len(second) == 16
    assert first != second
    assert b"session" not in first


def test_more_keys_in_a_second_than_may_be_sent_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_keys, "MOST_HASHES", 3)
    keys = SharedKeys(b"salt")
    for index in range(5):
        keys.add(f"key-{index}", start(index))
    assert keys.unchecked == 2
    batch = keys.batch()
    assert batch is not None
    assert len(batch[1]) == 24


def test_batches_without_an_answer_are_given_up() -> None:
    keys = SharedKeys(b"salt")
    for number in range(shared_keys.MOST_WAITING + 1):
        keys.add(f"key-{number}", start(number))
        keys.batch()
    assert keys.unchecked == 1
    keys.answer(0, [0], 0)  # that came too late
    assert keys.take_repeats() == []
    keys.add("key", start(9))
    keys.give_up()
    assert (keys.unchecked, keys.all_answered) == (1 + shared_keys.MOST_WAITING + 1, True)


def test_an_answer_about_more_keys_than_were_sent_finds_nothing() -> None:
    keys = SharedKeys(b"salt")
    keys.add("key", start(0))
    keys.batch()
    keys.answer(0, [5], 0)
    assert keys.take_repeats() == []


def test_what_the_master_forgets_is_counted_by_the_worker_whose_key_takes_its_place() -> None:
    ledger = KeyLedger(generation=10)
    keys = SharedKeys(ledger.salt)
    for index in range(45):
        keys.add(f"key-{index}", start(index))
    compare(ledger, keys)
    assert keys.unchecked == 30
    assert keys.take_repeats() == []


@pytest.mark.parametrize(
    "data",
    [{}, {"number": -1, "hashes": b""}, {"number": 0, "hashes": b"x" * 160_001}, {"number": 0, "hashes": 7}],
)
def test_what_no_worker_sends_is_no_message(data: object) -> None:
    assert read(KeyHashes, data) is None
