"""The stub of an embedded environment, for as long as it is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sessionload.secret import Secret
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import KEY_VARIABLE

if TYPE_CHECKING:
    from contextlib import ExitStack

    from sessionload.config.environment import Environment


def with_stub(
    environment: Environment,
    document: Any,  # noqa: ANN401 -- plain data
    stack: ExitStack,
    stub_key: str,
) -> tuple[Environment, StubProcess | None]:
    """Return an embedded environment and its stub, started until `stack` unwinds; any other as it is.

    The stub keeps the body rule of `document`, and accepts `stub_key`. Raises `InputError`.
    """
    if environment.stub is None:
        return environment, None
    key = Secret(stub_key, name=KEY_VARIABLE)
    stub = StubProcess.start(environment.stub, key, document=document, binding=environment.binding)
    stack.enter_context(stub)
    return replace(environment.at_port(stub.port), key=key, key_variable=KEY_VARIABLE), stub
