"""One cause and one sentence for each way to fail, and nothing in it that a server chose."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from sessionload.failure_causes import body_too_large, cause_of, defect, is_truncation, timeout_of


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ECONNREFUSED, "connection/refused"),
        (errno.ECONNRESET, "connection/reset"),
        (errno.ECONNABORTED, "connection/reset"),
        (errno.EPIPE, "connection/reset"),
        (errno.EHOSTUNREACH, "connection/unreachable"),
        (errno.EHOSTDOWN, "connection/unreachable"),
        (errno.ENETUNREACH, "connection/unreachable"),
        (errno.ENETDOWN, "connection/unreachable"),
        (errno.ETIMEDOUT, "connection/unreachable"),
        (errno.EMFILE, "generator/descriptors"),
        (errno.ENFILE, "generator/descriptors"),
        (errno.EADDRNOTAVAIL, "generator/ports"),
        (errno.EADDRINUSE, "generator/ports"),
        (errno.ENOBUFS, "generator/buffers"),
        (errno.ENOMEM, "generator/buffers"),
        (errno.EPROTO, "connection/other"),
    ],
)
def test_what_the_system_says_has_a_cause_and_what_this_machine_lacks_is_not_the_servers(
    number: int, expected: str
) -> None:
    cause = cause_of(OSError(number, "whatever"))
    assert cause.key == expected
    assert "whatever" not in cause.message


def test_an_error_without_a_number_is_another_one() -> None:
    assert cause_of(OSError("whatever")).key == "connection/other"


def test_a_name_without_an_address_is_a_cause() -> None:
    assert cause_of(socket.gaierror(socket.EAI_NONAME, "whatever")).key == "connection/dns"


def unverified(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "whatever")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (9, "connection/tls_not_yet_valid"),
        (10, "connection/tls_expired"),
        (18, "connection/tls_unknown_authority"),
        (19, "connection/tls_unknown_authority"),
        (20, "connection/tls_no_issuer"),
        (21, "connection/tls_no_issuer"),
        (62, "connection/tls_wrong_host"),
        (64, "connection/tls_wrong_host"),
        (7, "connection/tls_unverified"),
    ],
)
def test_each_reason_not_to_trust_a_certificate_has_a_sentence(code: int, expected: str) -> None:
    assert cause_of(unverified(code)).key == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("UNSUPPORTED_PROTOCOL", "connection/tls_version"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "connection/tls_version"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "connection/tls_refused"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "connection/tls_client_certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", "connection/tls_client_certificate"),
        ("WRONG_VERSION_NUMBER", "connection/not_tls"),
        ("SOMETHING_ELSE", "connection/tls"),
        (None, "connection/tls"),
    ],
)
def test_each_failure_of_tls_has_a_sentence(reason: str | None, expected: str) -> None:
    error = ssl.SSLError(1, "whatever")
    error.reason = reason  # type: ignore[assignment]  # OpenSSL may give none
    assert cause_of(error).key == expected


def test_an_end_of_tls_without_a_farewell_is_told_apart() -> None:
    assert is_truncation(ssl.SSLEOFError(8, "whatever"))
    assert not is_truncation(ssl.SSLError(1, "whatever"))
    assert not is_truncation(ConnectionResetError(errno.ECONNRESET, "whatever"))


@pytest.mark.parametrize("phase", ["connect", "send", "answer", "body"])
def test_a_timeout_says_what_the_deadline_came_before(phase: str) -> None:
    assert timeout_of(phase).key == f"timeout/{phase}"
    assert timeout_of(phase).message.startswith("the deadline passed before")


def test_a_defect_shows_its_class_and_nothing_of_its_text() -> None:
    cause = defect(LookupError("VF.DM.secret"))
    assert cause == ("generator/defect", "a defect of sessionload: LookupError")


def test_a_bound_of_the_body_is_named() -> None:
    assert body_too_large(65_536).message == "the body is larger than 65,536 bytes"
