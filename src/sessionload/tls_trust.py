"""Which certificate authorities are trusted, and which certificate is shown; the same for both clients.

TLS is always verified. requests would bring its own bundle of authorities and OpenSSL another, and a
private authority in only one of them would pass the preflight and fail under load, so both clients fill
their contexts here. The system's authorities are what OpenSSL takes for them: the file and the folders of
`SSL_CERT_FILE` and `SSL_CERT_DIR`, or its own defaults. Where a system has none, as small containers do,
certifi's are trusted.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import NoReturn

import certifi

from sessionload.errors import Place, PreflightError

_HASHED = "[0-9a-f]" * 8 + ".[0-9]*"
"""The names under which OpenSSL looks for a certificate in a folder."""


class _EncryptedKeyError(Exception):
    """OpenSSL asks for the passphrase of a key."""


def load_certificates(
    context: ssl.SSLContext, ca_file: str | None, client_cert: str | None, client_key: str | None
) -> None:
    """Let a client's context trust the authorities, and show a client certificate if one is named.

    `ca_file` is a file or a folder that is trusted instead of the system's authorities.
    Raises `PreflightError` (preflight-ca-file, preflight-client-cert) with the file that cannot be used.
    """
    if ca_file is not None:
        _trust(context, ca_file, "name another one as ca_file of the environment, or leave it out")
    elif not _trust_system(context):
        context.load_verify_locations(cafile=certifi.where())
    if client_cert is not None and client_key is not None:
        _show(context, client_cert, client_key)


def refuse_unusable(ca_file: str | None, client_cert: str | None, client_key: str | None) -> None:
    """Raise `PreflightError` when the authorities or the client certificate cannot be used."""
    load_certificates(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ca_file, client_cert, client_key)


def _trust_system(context: ssl.SSLContext) -> bool:
    """Trust the system's authorities; return whether it has any."""
    system = ssl.get_default_verify_paths()
    file, folders = (
        os.environ.get(variable) for variable in (system.openssl_cafile_env, system.openssl_capath_env)
    )
    places = [file or system.openssl_cafile, *(folders or system.openssl_capath).split(os.pathsep)]
    usable = [place for place in places if Path(place).is_file() or _has_authorities(Path(place))]
    for place in usable:
        _trust(context, place, "correct the environment variables SSL_CERT_FILE and SSL_CERT_DIR")
    if not usable and (file or folders):
        raise PreflightError(
            "preflight-ca-file",
            "SSL_CERT_FILE and SSL_CERT_DIR name no file or folder with certificates to trust",
            place=Place(str(file or folders)),
            hint="correct these environment variables, or unset them to trust the system's",
        )
    return bool(usable)


def _has_authorities(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob(_HASHED))


def _trust(context: ssl.SSLContext, place: str, cure: str) -> None:
    problem = ""
    if Path(place).is_dir():
        context.load_verify_locations(capath=place)
        if not _has_authorities(Path(place)):
            problem = "the folder of certificates to trust has none under the name of its hash"
    else:
        try:
            context.load_verify_locations(cafile=place)
        except FileNotFoundError:
            problem = "the file of certificates to trust is not there"
        except ssl.SSLError:
            problem = "the file of certificates to trust has no certificate in PEM form"
        except OSError as error:
            problem = f"the file of certificates to trust cannot be read: {str(error.strerror).lower()}"
    if problem:
        raise PreflightError("preflight-ca-file", problem, place=Place(place), hint=cure)


def _show(context: ssl.SSLContext, client_cert: str, client_key: str) -> None:
    for file, name in ((client_cert, "certificate"), (client_key, "key")):
        if not os.access(file, os.R_OK):
            state = "cannot be read" if Path(file).exists() else "is not there"
            hint = f"correct client_{'cert' if name == 'certificate' else name} of the environment"
            raise _unusable_client(file, f"the file of the client {name} {state}", hint)
    try:
        context.load_cert_chain(client_cert, client_key, password=_refuse_passphrase)
    except _EncryptedKeyError:
        hint = "decrypt it into a file that only you can read: openssl pkey -in KEY -out FILE"
        raise _unusable_client(client_key, "the client key is encrypted", hint) from None
    except OSError as error:
        if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            message = "the client key does not belong to the client certificate"
            raise _unusable_client(client_key, message, "name the key of this certificate") from None
        is_certificate = _has_certificate(client_cert)
        file, name = (client_key, "key") if is_certificate else (client_cert, "certificate")
        message = f"the file of the client {name} has no {name} in PEM form"
        raise _unusable_client(file, message, f"name a {name} that begins with -----BEGIN") from None


def _has_certificate(file: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except OSError:
        return False
    return True


def _refuse_passphrase() -> NoReturn:
    """Take the place of OpenSSL's prompt on the terminal."""
    raise _EncryptedKeyError


def _unusable_client(file: str, message: str, hint: str) -> PreflightError:
    return PreflightError("preflight-client-cert", message, place=Place(file), hint=hint)
