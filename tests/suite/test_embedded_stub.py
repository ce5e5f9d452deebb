"""The stub of an embedded environment, and how a line to copy names its key."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import requests

from sessionload.config.contract_files import read_contract
from sessionload.config.document import Document
from sessionload.config.environment import Environment
from sessionload.stub.settings import KEY_VARIABLE
from sessionload.suite.embedded_stub import with_stub

CONTRACT = Path(__file__).parents[2] / "contracts" / "openapi.yaml"


def test_the_key_of_the_stub_is_named_by_its_own_variable() -> None:
    """As `sessionload stub` takes it: nobody has to find out which key a line means."""
    environment = Environment.check(Document({"here": {"embedded": True}}, "e.yaml", {}), "here", {})
    document, _ = read_contract(CONTRACT)
    with ExitStack() as stack:
        served, stub = with_stub(environment, document, stack, "VF.DM.of-the-stub")
        assert stub is not None
        assert served.key_variable == KEY_VARIABLE
        place = served.binding
        path = f"/v4/project/{place.project}/environment/{place.environment}/session"
        answer = requests.post(
            served.url + path,
            json={"userID": "ann"},
            headers={"authorization": "VF.DM.of-the-stub"},
            timeout=10,
        )
        assert answer.status_code in {200, 201}
    assert environment.key_variable == ""
