"""Every scripted fault of the stub, met by the hot path: one outcome each, in time, and never sent again."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import gevent
import pytest

from sessionload.generator.connection import Connection
from sessionload.metrics.exchange import Outcome
from sessionload.stub.faults import FaultKind
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.contract.contract import Contract
    from sessionload.generator.endpoint import Endpoint
    from sessionload.generator.failures import Response
    from sessionload.secret import Secret

OK, VIOLATION = Outcome.OK, Outcome.CONTRACT_VIOLATION
PROTOCOL, CONNECTION, TIMEOUT = Outcome.PROTOCOL_ERROR, Outcome.CONNECTION_ERROR, Outcome.TIMEOUT

SECONDS = 0.5
"""The deadline of each exchange here; honest answers take a thousandth of it."""
SLACK = 1.0
"""How late a busy machine may notice that a deadline has passed."""

FACTS: dict[str, tuple[Outcome, str | None, bool]] = {
    # a line of a fault script: outcome, cause, whether the connection is used again
    "status 201": (VIOLATION, "status/201", True),
    "status 204": (VIOLATION, "status/204", True),
    "status 206": (VIOLATION, "status/206", True),
    "status 299": (VIOLATION, "status/299", True),
    "status 301": (VIOLATION, "status/301", True),
    "status 304": (VIOLATION, "status/304", True),
    "status 400": (VIOLATION, "status/400", True),
    "status 404": (VIOLATION, "status/404", True),
    "status 600": (VIOLATION, "status/600", True),
    "status 999": (VIOLATION, "status/999", True),
    "status 401": (Outcome.REJECTED, "rejected/401", True),
    "status 403": (Outcome.REJECTED, "rejected/403", True),
    "status 500": (Outcome.SERVER_ERROR, "server_error/500", True),
    "status 503": (Outcome.SERVER_ERROR, "server_error/503", True),
    "status 100": (TIMEOUT, "timeout/body", False),  # interim, and the final answer never comes
    "status 103": (TIMEOUT, "timeout/body", False),
    "status 199": (TIMEOUT, "timeout/body", False),
    "status 101": (PROTOCOL, "protocol/malformed", False),  # no longer HTTP, and nobody asked for that
    "throttle": (Outcome.THROTTLED, "throttled/429", True),
    "throttle retry-after 30": (Outcome.THROTTLED, "throttled/429", True),
    "throttle retry-after -1": (Outcome.THROTTLED, "throttled/429", True),
    "throttle retry-after 1000000000000": (Outcome.THROTTLED, "throttled/429", True),
    "throttle retry-after junk": (Outcome.THROTTLED, "throttled/429", True),
    "redirect http://127.0.0.1:9/elsewhere": (VIOLATION, "status/307", True),
    "redirect ftp:": (VIOLATION, "status/307", True),
    "not_json": (VIOLATION, "json/not_json", True),
    "empty_body": (VIOLATION, "json/empty", True),
    "nan": (VIOLATION, "json/nan", True),
    "overflow": (VIOLATION, "json/overflow", True),
    "huge_integer": (VIOLATION, "json/overflow", True),
    "duplicate_key": (VIOLATION, "json/duplicate_key", True),
    "not_utf8": (VIOLATION, "json/not_utf8", True),
    "bom": (VIOLATION, "json/bom", True),
    "lone_surrogate": (VIOLATION, "json/lone_surrogate", True),
    "deep": (VIOLATION, "json/too_deep", True),
    "array": (VIOLATION, "body/type", True),
    "html": (VIOLATION, "media_type", True),
    "wrong_type": (VIOLATION, "media_type", True),
    "missing_key": (VIOLATION, "body/required/sessionKey", True),
    "empty_key": (VIOLATION, "key/empty", True),
    "null_key": (VIOLATION, "body/type/sessionKey", True),
    "number_key": (VIOLATION, "body/type/sessionKey", True),
    "same_key": (OK, None, True),  # nothing is wrong with one of them: the engine compares keys
    "echo_api_key": (VIOLATION, "body/required/sessionKey", True),
    "gzip_bomb": (VIOLATION, "content_encoding", True),
    "chunked": (OK, None, True),
    "interim": (OK, None, True),
    "http10_close": (OK, None, False),
    "close_after": (OK, None, False),
    "big_key": (PROTOCOL, "protocol/body_too_large", False),
    "endless_body": (PROTOCOL, "protocol/body_too_large", False),
    "big_header": (PROTOCOL, "protocol/head_too_large", False),
    "many_headers": (PROTOCOL, "protocol/too_many_fields", False),
    "extra_bytes": (PROTOCOL, "protocol/extra_bytes", False),
    "close_mid_body": (PROTOCOL, "protocol/truncated", False),
    "bad_chunk": (PROTOCOL, "protocol/malformed", False),
    "two_lengths": (PROTOCOL, "protocol/malformed", False),
    "negative_length": (PROTOCOL, "protocol/malformed", False),
    "banner": (PROTOCOL, "protocol/malformed", False),
    "close": (CONNECTION, "connection/closed", False),
    "reset": (CONNECTION, "connection/reset", False),
    "reset_mid_body": (CONNECTION, "connection/reset", False),
    "hang": (TIMEOUT, "timeout/answer", False),
    "hang_mid_body": (TIMEOUT, "timeout/body", False),
    "slow_drip": (TIMEOUT, "timeout/body", False),
}


class Met(NamedTuple):
    """What came of an exchange that met a fault, and of the next one on the same connection."""

    response: Response
    outcome: Outcome
    cause: str | None
    took: float
    reused: bool
    following: Outcome


def judged(contract: Contract, response: Response) -> tuple[Outcome, str | None]:
    if response.outcome is not None:
        return response.outcome, response.failure.cause if response.failure else None
    judgement = contract.judge(response.status or 0, response.content_type, response.body)
    return judgement.outcome, judgement.failure.cause if judgement.failure else None


@pytest.fixture(scope="module")
def met(
    endpoint_to: Callable[..., Endpoint], contract: Contract, api_key: Secret, in_greenlet: Callable[..., Any]
) -> dict[str, Met]:
    """Each fault once, for an odd arrival, and a good answer for the even one that follows it."""
    lines = tuple(f"{fault} on {2 * number + 1}" for number, fault in enumerate(FACTS))
    seen: dict[str, Met] = {}

    def meet(endpoint: Endpoint, number: int) -> Met:
        connection = Connection(endpoint)
        began = time.monotonic()
        response = connection.exchange(endpoint.request(contract.request.body.to_bytes(f"user-{2 * number}")))
        took = time.monotonic() - began
        opened = endpoint.connections_opened
        gevent.sleep(0.01)  # what the server does after its answer has happened by then
        following = connection.exchange(
            endpoint.request(contract.request.body.to_bytes(f"user-{2 * number + 1}"))
        )
        connection.close()
        reused = endpoint.connections_opened == opened
        return Met(response, *judged(contract, response), took, reused, judged(contract, following)[0])

    with StubProcess.start(StubSettings(faults=lines), api_key) as stub:
        endpoint = endpoint_to(stub.port, seconds=SECONDS)
        for number, fault in enumerate(FACTS):
            seen[fault] = in_greenlet(meet, endpoint, number)
        page = stub.ledger()
    assert page["arrivals"] == page["numbers"] == 2 * len(FACTS)
    assert page["repeated"] == []
    assert page["unauthorized"] == 0
    return seen


def test_every_fault_that_a_stub_can_play_is_met() -> None:
    """A stall alone is missing: it ends in a good answer, and is measured elsewhere."""
    assert {line.split()[0] for line in FACTS} == {str(kind) for kind in FaultKind} - {"stall"}


@pytest.mark.parametrize("fault", FACTS)
def test_a_fault_has_one_outcome_and_one_cause(met: dict[str, Met], fault: str) -> None:
    outcome, cause, _ = FACTS[fault]
    assert (met[fault].outcome, met[fault].cause) == (outcome, cause)


@pytest.mark.parametrize("fault", FACTS)
def test_a_connection_is_used_again_only_after_a_clean_end(met: dict[str, Met], fault: str) -> None:
    assert met[fault].reused is FACTS[fault][2]
    assert met[fault].following is OK


@pytest.mark.parametrize("fault", FACTS)
def test_an_exchange_ends_at_its_deadline_at_the_latest(met: dict[str, Met], fault: str) -> None:
    took = met[fault].took
    assert took < SECONDS + SLACK
    if FACTS[fault][0] is TIMEOUT:
        assert took > SECONDS - 0.01
    else:
        assert took < SECONDS


@pytest.mark.parametrize("fault", FACTS)
def test_no_reply_shows_the_api_key_or_a_session_key(
    met: dict[str, Met], api_key: Secret, fault: str
) -> None:
    """The body of one fault has the key in it: that is the server's doing, and it is not shown."""
    response = met[fault].response
    assert api_key.reveal()[:8] not in repr(response)
    assert "sk." not in repr(response)
    assert api_key.reveal() not in str(response[:4])
    assert (api_key.reveal().encode() in response.body) is (fault == "echo_api_key")


def test_the_parts_of_an_endpoint_do_not_show_the_key(
    endpoint_to: Callable[..., Endpoint], api_key: Secret, in_greenlet: Callable[..., Any]
) -> None:
    endpoint = endpoint_to(9)
    shown = repr(endpoint) + str(endpoint) + repr(in_greenlet(Connection, endpoint))
    assert api_key.reveal()[:8] not in shown
    assert api_key.reveal().encode() in endpoint.request(b"{}")


def test_a_slow_server_is_waited_for_until_the_deadline(
    endpoint_to: Callable[..., Endpoint], contract: Contract, api_key: Secret, in_greenlet: Callable[..., Any]
) -> None:
    """Answers after 300 ms: within a deadline of 2 s, not within one of 150 ms; then on a new connection."""

    def exchange(connection: Connection, endpoint: Endpoint, number: int) -> tuple[Outcome, str | None]:
        return judged(
            contract, connection.exchange(endpoint.request(contract.request.body.to_bytes(f"user-{number}")))
        )

    def run(patient: Endpoint, hasty: Endpoint) -> None:
        connection = Connection(patient)
        assert exchange(connection, patient, 0) == (OK, None)
        connection.close()
        connection = Connection(hasty)
        assert exchange(connection, hasty, 1) == (TIMEOUT, "timeout/answer")
        assert exchange(connection, hasty, 2) == (TIMEOUT, "timeout/answer")
        assert (patient.connections_opened, hasty.connections_opened) == (1, 2)

    with StubProcess.start(StubSettings(latency="300ms"), api_key) as stub:
        in_greenlet(run, endpoint_to(stub.port, seconds=2), endpoint_to(stub.port, seconds=0.15))
        page = stub.ledger()
    assert (page["arrivals"], page["repeated"]) == (3, [])


@pytest.mark.parametrize(("reuse", "connections"), [(True, 1), (False, 5)])
def test_a_connection_serves_all_sessions_or_one(
    endpoint_to: Callable[..., Endpoint],
    contract: Contract,
    api_key: Secret,
    in_greenlet: Callable[..., Any],
    reuse: bool,  # noqa: FBT001 -- a column of the table
    connections: int,
) -> None:
    with StubProcess.start(StubSettings(), api_key) as stub:
        endpoint = endpoint_to(stub.port, reuse=reuse)

        def run() -> None:
            connection = Connection(endpoint)
            for number in range(5):
                response = connection.exchange(
                    endpoint.request(contract.request.body.to_bytes(f"user-{number}"))
                )
                assert judged(contract, response) == (OK, None)
            connection.close()

        in_greenlet(run)
        page = stub.ledger()
    assert (page["arrivals"], page["connections"]) == (5, connections)
    assert endpoint.connections_opened == connections


def test_without_a_key_the_server_says_no(
    endpoint_to: Callable[..., Endpoint], contract: Contract, api_key: Secret, in_greenlet: Callable[..., Any]
) -> None:
    with StubProcess.start(StubSettings(), api_key) as stub:
        endpoint = endpoint_to(stub.port, key=None)

        def once() -> Response:
            with closing(Connection(endpoint)) as connection:
                return connection.exchange(endpoint.request(contract.request.body.to_bytes("user-1")))

        response = in_greenlet(once)
    assert judged(contract, response) == (Outcome.REJECTED, "rejected/401")
