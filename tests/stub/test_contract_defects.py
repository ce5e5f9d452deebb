"""Each defect of the stub changes the one answer that its name says, and no other."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from stub_thread import StubThread

from sessionload.stub.faults import Defect
from sessionload.stub.settings import DEFAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

START = "/v4/project/stub/environment/main/session"
JSON = "application/json"


class Seen(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str | None:
        key: str | None = json.loads(self.body).get("sessionKey")
        return key


class Client:
    """Sends what a session start could look like."""

    def __init__(self, port: int) -> None:
        self._port = port

    def call(
        self,
        body: bytes = b'{"userID":"ada"}',
        *,
        method: str = "POST",
        key: str | None = DEFAULT_KEY,
        media_type: str = JSON,
        path: str = START,
    ) -> Seen:
        headers = {"content-type": media_type} | ({} if key is None else {"authorization": key})
        link = HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            link.request(method, path, body, headers)
            answer = link.getresponse()
            return Seen(
                answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
            )
        finally:
            link.close()

    def user(self, user: Any) -> Seen:  # noqa: ANN401 -- whatever JSON has
        return self.call(json.dumps({"userID": user}).encode())

    def opens(self, key: str | None) -> bool:
        launch = b'{"action":{"type":"launch"}}'
        return self.call(launch, key=key or "none", path="/v4/interact").status == 200


@pytest.fixture(scope="module")
def stub_with(contract_read: tuple[Any, str]) -> Callable[..., StubThread]:
    """Start a stub that keeps the contract but for these faults."""
    return lambda *faults: StubThread(*faults, document=contract_read[0])


PROBES: dict[str, Callable[[Client], object]] = {
    "good": lambda client: client.call().status,
    "257": lambda client: client.user("a" * 257).status,
    "258": lambda client: client.user("a" * 258).status,
    "empty": lambda client: client.user("").status,
    "null": lambda client: client.user(None).status,
    "number": lambda client: client.user(7).status,
    "astral": lambda client: client.user("\U0001f9ed" * 256).status,
    "cut": lambda client: client.call(b'{"userID":').status,
    "no json": lambda client: client.call(b"hello").status,
    "nothing": lambda client: client.call(b"").status,
    "list": lambda client: client.call(b"[]").status,
    "text": lambda client: client.call(media_type="text/plain").status,
    "keyless": lambda client: client.call(key=None).status,
    "empty key": lambda client: client.call(key="").status,
    "wrong key": lambda client: client.call(key="VF.DM.wrong").status,
    "bearer": lambda client: client.call(key=f"Bearer {DEFAULT_KEY}").status,
    "GET": lambda client: client.call(b"", method="GET").status,
    "PUT": lambda client: client.call(method="PUT").status,
    "elsewhere": lambda client: client.call(path=START.replace("main", "other")).status,
    "keyless elsewhere": lambda client: client.call(key=None, path=START.replace("main", "other")).status,
}
HONEST = {
    **dict.fromkeys(PROBES, 400),
    **dict.fromkeys(("good", "astral"), 200),
    **dict.fromkeys(("keyless", "empty key", "wrong key", "bearer", "keyless elsewhere"), 401),
    **dict.fromkeys(("GET", "PUT"), 405),
    "elsewhere": 404,
}
CHANGED: dict[Defect, dict[str, int]] = {
    Defect.GRANTS_TOO_LONG: {"257": 200},
    Defect.GRANTS_EMPTY: {"empty": 200},
    Defect.GRANTS_NULL: {"null": 200},
    Defect.REFUSES_ASTRAL: {"astral": 400},
    Defect.FAILS_ON_BAD_JSON: {"cut": 500, "no json": 500},
    Defect.GRANTS_ANY_MEDIA_TYPE: {"text": 200},
    Defect.GRANTS_KEYLESS: {"keyless": 200},
    Defect.GRANTS_BEARER: {"bearer": 200},
    Defect.GRANTS_GET: {"GET": 200},
}


@pytest.mark.parametrize("defect", [None, *Defect])
def test_a_defect_changes_the_answer_that_its_name_says(
    stub_with: Callable[..., StubThread], defect: Defect | None
) -> None:
    """The keys are looked at below: here only the statuses count."""
    with stub_with(*([f"{defect} always"] if defect else [])) as stub:
        client = Client(stub.port)
        seen = {name: probe(client) for name, probe in PROBES.items()}
    assert seen == HONEST | (CHANGED.get(defect, {}) if defect else {})


@pytest.mark.parametrize(
    ("defect", "live"),
    [
        (None, [False, True]),
        ("keeps_old_key always", [True, True]),
        ("keeps_racing_keys always", [False, True]),
    ],
)
def test_an_old_key_ends_unless_it_is_kept(defect: str | None, live: list[bool]) -> None:
    with StubThread(*([defect] if defect else [])) as stub:
        client = Client(stub.port)
        keys = [client.user("ada").key for _ in live]
        assert [client.opens(key) for key in keys] == live


FACTS: dict[Defect, Callable[[Seen, Seen, Seen], bool]] = {
    Defect.REPEATS_KEY: lambda first, again, other: first.key == again.key != other.key,
    Defect.KEY_IS_USER_ID: lambda first, _, other: (first.key, other.key) == ("ada", "bob"),
    Defect.KEY_IS_API_KEY: lambda first, _, other: first.key == other.key == DEFAULT_KEY,
    Defect.KEY_HAS_CONTROL: lambda first, *_: first.key is not None and first.key[-1] == "\a",
    Defect.SHOWS_KEY_IN_BODY: lambda first, *_: (
        DEFAULT_KEY.encode() in first.body and first.key != DEFAULT_KEY
    ),
    Defect.SHOWS_KEY_IN_HEAD: lambda first, *_: first.headers["x-account"] == DEFAULT_KEY,
}


@pytest.mark.parametrize("defect", FACTS)
def test_a_key_is_spoiled_as_the_name_says(defect: Defect) -> None:
    with StubThread(f"{defect} always") as stub:
        client = Client(stub.port)
        first, again, other = (client.user(user) for user in ("ada", "ada", "bob"))
    assert {first.status, again.status, other.status} == {200}
    assert FACTS[defect](first, again, other)


def test_a_fault_that_waits_for_a_grant_leaves_refusals_alone(stub_with: Callable[..., StubThread]) -> None:
    with stub_with("status 201 if granted") as stub:
        client = Client(stub.port)
        assert [client.call().status, client.user("").status, client.call(key="wrong").status] == [
            201,
            400,
            401,
        ]
