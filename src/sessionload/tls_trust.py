"""Which certificate authorities are trusted, and which certificate is shown; the same for both clients.

TLS is always verified. requests would bring its own bundle of authorities and OpenSSL another, and a private
authority in only one of them would pass the preflight and fail under load, so both clients ask here.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi

from sessionload.errors import Place, PreflightError


def authorities(named: str | None) -> str:
    """Return the file or folder to trust: the environment's own, else the system's, else certifi's file."""
    system = ssl.get_default_verify_paths()
    folder = system.capath if system.capath and any(Path(system.capath).glob("*.[0-9]")) else None
    return named or system.cafile or folder or certifi.where()


def prepare(
    context: ssl.SSLContext, named: str | None, client_cert: str | None, client_key: str | None
) -> None:
    """Let a context trust the authorities, and show a client certificate if there is one. Raises OSError."""
    trusted = authorities(named)
    is_folder = Path(trusted).is_dir()
    context.load_verify_locations(**{"capath" if is_folder else "cafile": trusted})
    if client_cert is not None:
        context.load_cert_chain(client_cert, client_key, password=_no_password)


def _no_password() -> str:
    """Answer for a key that is encrypted, which OpenSSL would ask for on the terminal: it is refused."""
    return ""


def refuse_unusable(named: str | None, client_cert: str | None = None, client_key: str | None = None) -> None:
    """Raise `PreflightError` when the authorities or the client certificate cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        prepare(context, named, None, None)
    except OSError as error:
        fault = "is not there" if isinstance(error, FileNotFoundError) else "has no certificate in PEM form"
        raise PreflightError(
            "preflight-ca-file",
            f"the file of certificates to trust {fault}",
            place=Place(str(named)),
            hint="name another one as ca_file of the environment, or leave it out to trust the system's",
        ) from None
    try:
        prepare(context, named, client_cert, client_key)
    except OSError as error:
        fault = (
            "cannot be read"
            if not isinstance(error, ssl.SSLError)
            else "do not belong together, or are not PEM"
        )
        raise PreflightError(
            "preflight-client-cert",
            f"the client certificate and its key {fault}",
            place=Place(str(client_cert)),
            hint="name a certificate and its unencrypted key, both in PEM form",
        ) from None
