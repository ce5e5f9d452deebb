"""From a request to its reply: routes, the rules of head and body, sessions, latency and faults.

A request is counted first, then judged, and then a scripted fault may apply. No socket is used here. A fault
replaces the honest response whatever it is, a refusal too; `ledger.unauthorized` still counts the wrong key.
"""

from __future__ import annotations

import json
from enum import Enum
from random import Random
from time import monotonic, monotonic_ns
from typing import TYPE_CHECKING, NamedTuple

from sessionload.stub.arrival_ledger import ArrivalLedger
from sessionload.stub.channels import Channels
from sessionload.stub.contract_defects import Defects
from sessionload.stub.fault_responses import FaultContext, faulty_reply
from sessionload.stub.faults import FaultKind, FaultScript
from sessionload.stub.head_rule import HeadRule
from sessionload.stub.latency import Latency
from sessionload.stub.operation_route import OperationRoute, Parts
from sessionload.stub.request_rule import RequestRule
from sessionload.stub.responses import (
    NO_PATH,
    ReceivedRequest,
    Reply,
    refusal,
    response,
    without_body,
)
from sessionload.stub.session_answer import SessionAnswer
from sessionload.stub.sessions import KeyMint, LiveSessions
from sessionload.stub.turns import Turns
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.contract import Contract
    from sessionload.secret import Secret
    from sessionload.stub.faults import Action
    from sessionload.stub.settings import StubSettings


class RouteKind(Enum):
    """What a path is for."""

    START = "start"
    INTERACT = "interact"
    STREAM = "stream"
    LEDGER = "ledger"
    UNKNOWN = "unknown"


class Route(NamedTuple):
    """Where a URL leads, and whether its project and environment are the ones served here."""

    kind: RouteKind
    known: bool = True


_START = Route(RouteKind.START)
_TURNS = frozenset({RouteKind.INTERACT, RouteKind.STREAM})
_JSON = b"application/json"
_MAX_CACHED = 1_000


class RequestHandler:
    """Answers requests, one at a time. It owns the ledger and the live sessions."""

    def __init__(
        self,
        settings: StubSettings,
        *,
        key: Secret,
        contract: Contract | None = None,
        secrets: Mapping[str, Secret] | None = None,
    ) -> None:
        """Serve one project and environment to holders of `key`, and of the `secrets` of further headers.

        Without a contract any text is a user ID, and nothing else is asked for. Raises `ValueProblem` when
        the latency or a fault in `settings` cannot be read, and `InputError` when no answer could be made
        that the document calls right.
        """
        self.ledger = ArrivalLedger()
        self._sessions = LiveSessions()
        self._project = settings.project.encode()
        self._environment = settings.environment.encode()
        self._latency = Latency.parse(settings.latency)
        self._channels = Channels(settings.concurrency) if settings.concurrency else None
        self._script = FaultScript.parse(settings.faults)
        self._turns = Turns(self._script.turns, self._sessions)
        self._operation = OperationRoute.of(contract.request) if contract else OperationRoute()
        self._head = HeadRule(key, contract, secrets)
        self.field_names = self._head.field_names
        self._rule = RequestRule(contract)
        self._answer = SessionAnswer(contract, self._script.error_statuses)
        self._key_source = KeyMint(self._answer.key_form)
        self._defects = Defects(self._script.defects, self._rule, self._sessions, self._head, self._answer)
        self._random = Random(settings.seed)  # noqa: S311 - latencies are to be repeatable, not secret
        self._first_ns: int | None = None
        self._routes: dict[bytes, Route] = {}
        self.heads: dict[bytes, int] = {}

    def reply(self, request: ReceivedRequest) -> Reply:
        """Return the reply to one whole request."""
        route = self._routes.get(request.url) or self._find_route(request.url)
        methods = (self._operation.method, *self._defects.methods)
        if route.kind is RouteKind.START and request.method in methods:
            return self._start(request, known=route.known)
        if route.kind in _TURNS and request.method == b"POST":
            key = self._head.session_key(request)
            reply = self._turns.answer(key, request.body, stream=route.kind is RouteKind.STREAM)
        else:
            reply = Reply(self._other_route(request, route.kind))
        if request.method == b"HEAD":
            reply.data = without_body(reply.data)
        if route.kind is not RouteKind.LEDGER:
            reply.wait += self._wait()
        return reply

    def _wait(self) -> float:
        fixed = self._latency.fixed
        service = self._latency.sample(self._random) if fixed is None else fixed
        return self._channels.wait(monotonic(), service) if self._channels else service

    def remember(self, request: ReceivedRequest, head: bytes) -> None:
        """Keep `head`, if all requests with it are load session starts that only their body can spoil.

        No key but the accepted one is ever kept in this way.
        """
        route = self._routes.get(request.url)
        cacheable = (
            route == _START
            and request.method == self._operation.method
            and self._head.shows_key(request)
            and self._head.shows_further_keys(request)
            and not self._head.fault_of_parameters(request)
            and request.content_type == _JSON
            and not request.preflight
            and not self._defects.any
        )
        if cacheable and len(self.heads) < _MAX_CACHED:
            self.heads[head] = len(request.body)

    def start(self, body: bytes) -> Reply:
        """Return the reply to a request with one of the `heads`: the hot path."""
        user, violation = self._rule.judge(body, _JSON)
        number = self.ledger.arrive(user)
        key = self._key_source.new()
        if violation:
            reply = Reply(self._answer.refusal(400, violation))
        else:
            self._sessions.start(user, key)
            reply = Reply(self._answer.session(key))
        if self._script.faults:
            reply = self._apply_fault(
                reply, self._scripted_action(number, granted=not violation), key, self._head.expected
            )
        reply.wait += self._wait()
        reply.load = True
        return reply

    def _start(self, request: ReceivedRequest, *, known: bool) -> Reply:
        """Return the reply to any other request that wants to start a session."""
        user, violation = self._rule.judge(request.body, request.content_type)
        number = 0 if request.preflight else self.ledger.arrive(user)
        key = self._key_source.new()
        other_fault = self._refusal_beside(request, known=known)
        refused = self._refusal_of_key(request) or other_fault
        if violation and not refused:
            refused = self._answer.refusal(400, violation)
        if self._defects.any:
            user, refused = self._defects.judge(request, user, refused, whole=not other_fault)
        granted = not refused
        if request.preflight:
            self.ledger.preflights += 1
            action = self._script.for_preflight(granted=granted)
        else:
            action = self._scripted_action(number, granted=granted)
        if refused:
            reply = Reply(refused)
        elif self._defects.any:
            key, data = self._defects.begin(user, key, crowded=self.ledger.in_flight > 1)
            reply = Reply(data)
        else:
            self._sessions.start(user, key)
            reply = Reply(self._answer.session(key))
        reply = self._apply_fault(reply, action, key, self._head.authorization(request) or b"")
        reply.wait += self._wait()
        reply.load = not request.preflight
        return reply

    def _apply_fault(self, honest: Reply, action: Action | None, key: bytes, authorization: bytes) -> Reply:
        if action is None:
            return honest
        reply = honest
        if isinstance(action.kind, FaultKind):
            reply = faulty_reply(action.kind, FaultContext(key, authorization, action.argument, self._answer))
        reply.wait = action.hold_ns / NS
        return reply

    def _scripted_action(self, number: int, *, granted: bool) -> Action | None:
        """Return what the script has for load session start `number`, which arrives now."""
        now = monotonic_ns()
        if self._first_ns is None:
            self._first_ns = now
        return self._script.action(number, now - self._first_ns, granted=granted)

    def _refusal_of_key(self, request: ReceivedRequest) -> bytes:
        """Return the refusal of a request whose API key is not the one, or nothing."""
        if self._head.shows_key(request):
            return b""
        self.ledger.unauthorized += 1
        return self._answer.no_authorization

    def _refusal_beside(self, request: ReceivedRequest, *, known: bool) -> bytes:
        """Return the refusal for what is wrong in the head beside the API key, or nothing."""
        if not self._head.shows_further_keys(request):
            return self._answer.no_authorization
        if not known:
            return self._answer.no_project
        fault = self._head.fault_of_parameters(request)
        return self._answer.refusal(400, fault) if fault else b""

    def _other_route(self, request: ReceivedRequest, kind: RouteKind) -> bytes:
        """Return the answer to whatever is not a POST that starts a session."""
        if kind is RouteKind.UNKNOWN:
            return NO_PATH
        method = {RouteKind.LEDGER: b"GET", RouteKind.START: self._operation.method}.get(kind, b"POST")
        if request.method != method:
            sentence = f"this path takes {method.decode()}"
            if kind is RouteKind.START:
                return self._answer.refusal(405, sentence, {"allow": method.decode()})
            return refusal(405, sentence, fields=b"allow: %b\r\n" % method)
        if kind is RouteKind.LEDGER:
            page = self.ledger.page(
                live_sessions=self._sessions.count,
                turns=self._turns.taken,
                unauthorized_turns=self._turns.refused,
            )
            return response(200, json.dumps(page).encode())
        return NO_PATH

    def _find_route(self, url: bytes) -> Route:
        parts, is_behind_base = self._operation.parts(url)
        if is_behind_base and self._operation.fits(parts):
            route = Route(RouteKind.START, self._operation.is_served(parts))
        else:
            route = self._route(parts)
            serves_start = is_behind_base and self._operation.is_published
            if route.kind is RouteKind.START and not serves_start:
                route = Route(RouteKind.UNKNOWN)
        if len(self._routes) < _MAX_CACHED:
            self._routes[url] = route
        return route

    def _route(self, parts: Parts) -> Route:
        match parts:
            case [b"v4", b"project", project, b"environment", environment, b"session"]:
                return Route(RouteKind.START, project == self._project and environment == self._environment)
            case [b"v4", b"project", project, b"session"]:
                return Route(RouteKind.START, project == self._project)
            case [b"v4", b"interact"]:
                return Route(RouteKind.INTERACT)
            case [b"v4", b"interact", b"stream"]:
                return Route(RouteKind.STREAM)
            case [b"ledger"]:
                return Route(RouteKind.LEDGER)
            case _:
                return Route(RouteKind.UNKNOWN)
