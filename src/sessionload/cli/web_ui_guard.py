"""What Locust's web UI may be asked, and by whom.

A page of another site, open in the same browser, can neither read the UI nor start load with it: the host
that was asked must be loopback (which also ends DNS rebinding), a request that changes something must not
come from another origin, and no other origin may read the answers. Locust lets every origin read, and says so
after its own handlers, so the guard stands around the application.

Start and stop are answered here. Locust's own handlers take users, host and options of the run from the
request, and break the runner when start is pressed twice. Nothing else that changes something is offered.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sessionload.stub.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Respond = Callable[..., Any]
    Environ = dict[str, Any]
    Application = Callable[[Environ, Respond], Iterable[bytes]]


def guarded(application: Application, start: Callable[[], bool], stop: Callable[[], None]) -> Application:
    """Return a WSGI `application` behind the guard.

    `start` begins a run and returns whether it could, `stop` asks for the end of it.
    """

    def guard(environ: Environ, respond: Respond) -> Iterable[bytes]:
        refusal = _refusal(environ)
        if refusal:
            return _text(respond, *refusal)
        path = environ.get("PATH_INFO", "")
        if _changes_nothing(environ) or path.endswith("/stats/reset"):
            return application(environ, _unread_by_others(respond))
        if path.endswith("/stop"):
            stop()
            return _json(respond, "200 OK", success=True, message="Test stopped")
        if not path.endswith("/swarm"):
            return _text(respond, "403 Forbidden", "a run is started and stopped here, and that is all")
        if start():
            return _json(respond, "200 OK", success=True, message="Swarming started")
        return _json(respond, "409 Conflict", success=False, message="there is a run already")

    return guard


def _refusal(environ: Environ) -> tuple[str, str] | None:
    """Return the status and sentence for a request that may not be made."""
    try:
        allowed = _is_ours(environ)
    except ValueError:  # such as `[::1`
        return "400 Bad Request", "the host or origin of this request is malformed"
    return None if allowed else ("403 Forbidden", "this page is for its own origin on this machine")


def _changes_nothing(environ: Environ) -> bool:
    return environ["REQUEST_METHOD"] in {"GET", "HEAD"}


def _is_ours(environ: Environ) -> bool:
    """Whether a request is for this machine, and does not come from the page of another site."""
    host = environ.get("HTTP_HOST", "")
    origin = environ.get("HTTP_ORIGIN")
    if not is_loopback(urlsplit(f"//{host}").hostname or ""):
        return False
    return origin is None or urlsplit(origin).netloc == host or _changes_nothing(environ)


def _unread_by_others(respond: Respond) -> Respond:
    def respond_unread(status: str, fields: list[tuple[str, str]], *rest: object) -> object:
        kept = [field for field in fields if not field[0].lower().startswith("access-control-")]
        return respond(status, kept, *rest)

    return respond_unread


def _text(respond: Respond, status: str, sentence: str) -> Iterable[bytes]:
    respond(status, [("content-type", "text/plain")])
    return [f"{sentence}\n".encode()]


def _json(respond: Respond, status: str, **members: object) -> Iterable[bytes]:
    respond(status, [("content-type", "application/json")])
    return [json.dumps(members).encode()]
