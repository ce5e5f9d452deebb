"""What Locust's web UI may be asked, and by whom.

Law: a page of another site, open in the same browser, can neither read the UI nor start load with it.
Idea: the host that was asked must be loopback (which also ends DNS rebinding), a request that changes
something must not come from another origin, and no other origin may read the answers. Trap: Locust
lets every origin read, and says so after its own handlers; so the guard stands around the application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sessionload.stub.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Respond = Callable[..., Any]
    Application = Callable[[dict[str, Any], Respond], Iterable[bytes]]


def guarded(application: Application) -> Application:
    """Return a WSGI `application` behind the guard."""

    def guard(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
        if _is_strange(environ):
            respond("403 Forbidden", [("content-type", "text/plain")])
            return [b"this page is for its own origin on this machine\n"]

        def respond_unread(status: str, fields: list[tuple[str, str]], *rest: object) -> object:
            kept = [field for field in fields if not field[0].lower().startswith("access-control-")]
            return respond(status, kept, *rest)

        return application(environ, respond_unread)

    return guard


def _is_strange(environ: dict[str, Any]) -> bool:
    host = environ.get("HTTP_HOST", "")
    origin = environ.get("HTTP_ORIGIN")
    if not is_loopback(urlsplit(f"//{host}").hostname or ""):
        return True
    return environ["REQUEST_METHOD"] != "GET" and origin is not None and urlsplit(origin).netloc != host
