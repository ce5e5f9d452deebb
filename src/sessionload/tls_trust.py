"""Which certificate authorities are trusted, the same for single calls and for load.

Law: TLS is always verified. Idea: one answer for both clients, so that a preflight that passes says
something about the load that follows. Trap: requests would bring its own bundle and OpenSSL
another; a private authority in only one of them would pass here and fail there.
"""

from __future__ import annotations

import ssl

import certifi

from sessionload.errors import Place, PreflightError


def ca_file(named: str | None) -> str:
    """Return the bundle to trust: the environment's own, else the system's, else certifi's."""
    return named or ssl.get_default_verify_paths().cafile or certifi.where()


def refuse_unusable(named: str | None) -> None:
    """Raise `PreflightError` when no certificate can be read from the environment's own bundle."""
    try:
        ssl.create_default_context(cafile=named)
    except OSError as error:
        fault = "is not there" if isinstance(error, FileNotFoundError) else "has no certificate in PEM form"
        raise PreflightError(
            "preflight-ca-file",
            f"the file of certificates to trust {fault}",
            place=Place(str(named)),
            hint="name another one as ca_file of the environment, or leave it out to trust the system's",
        ) from None
