"""The contract for other programs: what the OpenAPI document says an answer to a session start is worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sessionload.config.contract_files import places_shown, read_contract
from sessionload.config.shipped_files import default_contract, name_of
from sessionload.contract.contract import Contract as OperationContract
from sessionload.contract.document.binding import Binding
from sessionload.contract.json_data.pointer import parse_pointer
from sessionload.errors import InputError, Place, ValueProblem
from sessionload.metrics.exchange import Outcome

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from sessionload.contract.json_data.pointer import Pointer

_ANY = "any"
"""Fills the places of the path: an answer is judged without them."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one answer is worth. The texts hold nothing that a server chose, and no session key."""

    outcome: Outcome
    cause: str = ""
    """Why it is not `ok`: a stable name from a bounded set; empty if it is."""
    message: str = ""
    """The same as a sentence."""
    example: str = ""
    """What came back, masked."""

    @property
    def ok(self) -> bool:
        """Whether the answer is a success that keeps the contract."""
        return self.outcome is Outcome.OK


class Contract:
    """One operation of an OpenAPI document."""

    def __init__(self, contract: OperationContract) -> None:
        """Wrap the contract of an operation; `read` is the way to one."""
        self._contract = contract

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        operation: str | None = None,
        traffic_split: bool = False,
        user: str = "userID",
        session_key: str = "sessionKey",
    ) -> Self:
        """Return the operation that starts a session, from the document in the file `path`, YAML or JSON.

        Without `path` that is `contracts/openapi.yaml`, or the document that comes with sessionload. The
        operation is the one in a named environment, or with `traffic_split` the one without; `operation`
        names any other, by its `operationId` or as `POST /path`. `user` and `session_key` say where a request
        holds the user ID and a success the session key, like `data.token`. Raises `InputError`, with the
        place of what cannot be used.
        """
        file = Path(path) if path is not None else default_contract()
        document, sha256 = read_contract(file)
        binding = Binding(
            operation,
            environment=None if traffic_split else _ANY,
            filler=_ANY,
            serves=True,
            user=_pointer(user, "user"),
            session_key=_pointer(session_key, "session_key"),
        )
        with places_shown(file):
            return cls(OperationContract.from_document(document, binding, file=name_of(file), sha256=sha256))

    @property
    def operation(self) -> str:
        """The `operationId`, or method and path where there is none."""
        return self._contract.operation.name

    @property
    def method(self) -> str:
        """The method to call it with."""
        return self._contract.request.method

    @property
    def path(self) -> str:
        """The path to call, its places in braces."""
        return self._contract.request.shown_path

    @property
    def sha256(self) -> str:
        """The digest of the document, in hexadecimal, as results name it."""
        return self._contract.sha256

    def body(self, user_id: str) -> bytes:
        """Return a request body for a user, as `run` sends it. Raises `InputError` for an ID it refuses."""
        fault = self._contract.request.body.user_id_fault(user_id)
        if fault is not None:
            hint = "see what the document says of it"
            raise InputError(
                "bad-user-id", f"the user ID {fault}", place=Place(self._contract.file), hint=hint
            )
        return self._contract.request.body.to_bytes(user_id)

    def judge(
        self,
        status: int,
        body: bytes,
        *,
        content_type: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Judgement:
        """Return what an answer is worth: the status, the body as it came, its media type, its headers.

        Never raises for what a server does. `headers` matter where the document lists some; their names may
        be in any case.
        """
        fields = {name.lower(): value for name, value in (headers or {}).items()}
        judged = self._contract.judge(status, content_type, body, fields)
        if judged.failure is None:
            return Judgement(judged.outcome)
        failure = judged.failure
        return Judgement(judged.outcome, failure.cause, failure.message, failure.example)

    def __repr__(self) -> str:
        return f"Contract({self.operation!r}, {self.method} {self.path})"


def _pointer(text: str, name: str) -> Pointer:
    try:
        return parse_pointer(text)
    except ValueProblem as problem:
        hint = problem.cure or "write it like data.token"
        raise InputError("bad-pointer", problem.message, place=Place(name), hint=hint) from None
