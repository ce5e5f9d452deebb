"""The cases of one operation: what is sent, and what must come back.

All cases are derived from the document: one ordinary request, and for each statement of the document about it
requests that keep and break that one statement. The name of a case is stable, because baselines refer to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.errors import InputError, Place
from sessionload.suite.cases.addresses import authorization_cases, method_cases, path_cases
from sessionload.suite.cases.bodies import body_cases
from sessionload.suite.cases.case import FIRST, Case, CaseRequest, Expect
from sessionload.suite.cases.case_factory import LARGEST_BODY, CaseFactory, to_json
from sessionload.suite.cases.check_users import CheckUsers
from sessionload.suite.cases.operation_spec import operation_spec_of
from sessionload.suite.cases.properties import property_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.contract.contract import Contract
    from sessionload.suite.cases.operation_spec import Body, OperationSpec


def cases_of(contract: Contract, *, run_id: str) -> tuple[Case, ...]:
    """Return the cases of the operation, in a fixed order, `FIRST` first.

    User IDs begin with `PREFIX` and `run_id` where their length leaves room. Raises `InputError` for a
    project or environment that cannot stand in a path (bad-path-value), and where the schema of the
    request gives no valid body (no-valid-body).
    """
    spec = operation_spec_of(contract)
    headers = (*contract.request.fields, ("accept", contract.request.accept))
    bare = CaseRequest(contract.request.method, contract.request.path(), headers)
    return tuple(_cases(contract, spec, bare, run_id))


def _cases(contract: Contract, spec: OperationSpec, bare: CaseRequest, run_id: str) -> Iterator[Case]:
    ordinary = bare
    factory = None
    if spec.body:
        factory = _factory(contract, spec.body, bare, run_id)
        ordinary = factory.request(to_json(factory.valid("ordinary")))
    yield Case(
        FIRST,
        "valid",
        "A request that keeps the document is answered as the document says",
        ordinary,
        Expect.KEPT,
    )
    if factory:
        yield from property_cases(factory)
        yield from body_cases(factory)
    yield from authorization_cases(ordinary, contract.request.security)
    yield from path_cases(ordinary, spec, contract.request.path_values)
    yield from method_cases(ordinary, spec.methods)


def _factory(contract: Contract, body: Body, bare: CaseRequest, run_id: str) -> CaseFactory:
    factory = CaseFactory(bare, body, CheckUsers.of(contract, run_id), contract.request.body)
    ordinary = factory.valid("ordinary")
    violation = body.violation(ordinary)
    fault = violation.sentence if violation else ""
    if len(to_json(ordinary)) > LARGEST_BODY:
        fault = "its examples are larger than 1 MiB, the most that a check sends"
    if fault:
        raise InputError(
            "no-valid-body",
            f"no valid body could be made for '{contract.operation.name}': {fault}",
            place=Place(contract.file),
            hint="give the property an 'example' in the document",
        )
    return factory
