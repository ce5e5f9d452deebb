"""What an answer says of the environment that was chosen."""

from __future__ import annotations

import pytest

from sessionload.contract.response.chosen_environment import chosen_environment


@pytest.mark.parametrize(
    ("body", "chosen"),
    [
        (b'{"sessionKey":"k","environmentID":"main"}', "main"),
        (b'{"environment":"canary"}', "canary"),
        (b'{"environmentId":"65f1a2b3c4d5e6f708192a3b","environment":7}', "65f1a2b3c4d5e6f708192a3b"),
        (b'{"environmentID":"not an alias","environment_id":"b"}', "b"),
        (b'{"environmentID":"VF.DM.0123456789"}', ""),
        (b'{"environmentID":""}', ""),
        (b'{"environmentID":{"environment":"main"}}', ""),
        (b'{"sessionKey":"k"}', ""),
        (b'["environment"]', ""),
        (b"not JSON", ""),
    ],
)
def test_only_an_alias_or_an_id_at_the_top_is_taken(body: bytes, chosen: str) -> None:
    assert chosen_environment(body) == chosen
