"""What a context trusts and shows, and the one sentence for each file that cannot be used."""

from __future__ import annotations

import os
import ssl
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import certifi
import pytest
import trustme

from sessionload.errors import PreflightError
from sessionload.tls_trust import load_certificates, refuse_unusable

if TYPE_CHECKING:
    from pathlib import Path


class Paths(NamedTuple):
    """The defaults of an OpenSSL, as `ssl.get_default_verify_paths` has them."""

    openssl_cafile: str
    openssl_capath: str
    openssl_cafile_env: str = "SSL_CERT_FILE"
    openssl_capath_env: str = "SSL_CERT_DIR"


class Files:
    """Authorities in a file and in a folder, a client certificate, and what is none of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ca = trustme.CA()
        self.ca = self.write("ca.pem", ca.cert_pem.bytes())
        self.hashed = self.make_folder("hashed", ca)
        self.other = self.make_folder("other", trustme.CA())
        self.empty = self.make_folder("empty")
        self.text = self.write("text.pem", b"nothing of the kind")
        self.missing = str(folder / "missing.pem")
        client = ca.issue_cert("client.example")
        self.cert = self.write("client.pem", client.cert_chain_pems[0].bytes())
        self.key = self.write("client.key", client.private_key_pem.bytes())
        self.other_key = self.write("other.key", ca.issue_cert("other.example").private_key_pem.bytes())
        self.encrypted = str(folder / "encrypted.key")
        encrypt = ["openssl", "pkcs8", "-topk8", "-in", self.key, "-out", self.encrypted]
        subprocess.run([*encrypt, "-passout", "pass:secret"], check=True, stdin=subprocess.DEVNULL)

    def write(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def make_folder(self, name: str, authority: trustme.CA | None = None) -> str:
        path = self.folder / name
        path.mkdir()
        if authority:
            authority.cert_pem.write_to_path(path / "some.pem")
            subprocess.run(["openssl", "rehash", str(path)], check=True)
        return str(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("tls"))


class Recording(ssl.SSLContext):
    """A context that remembers what it was to trust."""

    def __init__(self, protocol: int) -> None:
        del protocol
        self.trusted: list[str] = []

    def load_verify_locations(  # type: ignore[override]  # fewer arguments than it could have
        self, cafile: str | None = None, capath: str | None = None
    ) -> None:
        super().load_verify_locations(cafile, capath)
        self.trusted.append(str(cafile or capath))


def trusted(ca_file: str | None = None) -> list[str]:
    context = Recording(ssl.PROTOCOL_TLS_CLIENT)
    load_certificates(context, ca_file, None, None)
    return context.trusted


def refused(ca_file: str | None = None, cert: str | None = None, key: str | None = None) -> PreflightError:
    with pytest.raises(PreflightError) as caught:
        refuse_unusable(ca_file, cert, key)
    assert caught.value.hint
    return caught.value


def system(
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    folder: str,
    *,
    file_variable: str | None = None,
    folder_variable: str | None = None,
) -> None:
    """Let the system's defaults be `file` and `folder`, and set the environment variables, or none."""
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: Paths(file, folder))
    for name, value in (("SSL_CERT_FILE", file_variable), ("SSL_CERT_DIR", folder_variable)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


def test_a_context_verifies_certificate_and_host_name(files: Files) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    load_certificates(context, files.ca, files.cert, files.key)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == 1


def test_what_the_environment_names_is_trusted_and_nothing_else(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    system(monkeypatch, files.ca, files.other)
    assert trusted(files.ca) == [files.ca]
    assert trusted(files.hashed) == [files.hashed]


def test_the_system_may_have_a_file_a_folder_both_or_nothing(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file, folder, wanted in (
        (files.ca, files.missing, [files.ca]),
        (files.missing, files.hashed, [files.hashed]),
        (files.ca, files.hashed, [files.ca, files.hashed]),
        (files.missing, files.empty, [certifi.where()]),
        (files.missing, files.missing, [certifi.where()]),
    ):
        system(monkeypatch, file, folder)
        assert trusted() == wanted


def test_variables_take_the_places_of_the_defaults(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    both = os.pathsep.join((files.empty, files.hashed, files.other))
    for file, folder, wanted in (
        (files.ca, None, [files.ca, files.other]),
        (None, files.hashed, [files.ca, files.hashed]),
        (None, both, [files.ca, files.hashed, files.other]),
        (files.missing, files.hashed, [files.hashed]),
        ("", "", [files.ca, files.other]),
    ):
        system(monkeypatch, files.ca, files.other, file_variable=file, folder_variable=folder)
        assert trusted() == wanted


def test_variables_that_name_nothing_to_trust_are_refused(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they are set, nothing else is trusted in their place."""
    system(monkeypatch, files.missing, files.missing, file_variable=files.missing)
    assert "SSL_CERT_FILE" in refused().message
    system(monkeypatch, files.missing, files.missing, folder_variable=files.empty)
    error = refused()
    assert (error.code, error.exit_code, str(error.place)) == ("preflight-ca-file", 4, files.empty)
    system(monkeypatch, files.missing, files.missing, file_variable=files.text)
    assert "no certificate in PEM form" in refused().message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "is not there"),
        ("text", "has no certificate in PEM form"),
        ("empty", "has none under the name of its hash"),
    ],
)
def test_authorities_that_cannot_be_used_are_named(files: Files, name: str, reason: str) -> None:
    path = getattr(files, name)
    error = refused(path)
    assert (error.code, str(error.place)) == ("preflight-ca-file", path)
    assert reason in error.message


def test_a_file_that_cannot_be_opened_is_named(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", deny)
    assert refused(files.ca).message == "the file of certificates to trust cannot be read: permission denied"


@pytest.mark.parametrize(
    ("cert", "key", "at_fault", "reason"),
    [
        ("missing", "key", "missing", "the file of the client certificate is not there"),
        ("cert", "missing", "missing", "the file of the client key is not there"),
        ("text", "key", "text", "the file of the client certificate has no certificate in PEM form"),
        ("cert", "text", "text", "the file of the client key has no key in PEM form"),
        ("cert", "other_key", "other_key", "the client key does not belong to the client certificate"),
        ("cert", "encrypted", "encrypted", "the client key is encrypted"),
    ],
)
def test_a_client_certificate_that_cannot_be_used_is_named(
    files: Files, cert: str, key: str, at_fault: str, reason: str
) -> None:
    """And no passphrase is asked for on the terminal."""
    error = refused(files.ca, getattr(files, cert), getattr(files, key))
    assert (error.code, error.exit_code) == ("preflight-client-cert", 4)
    assert str(error.place) == getattr(files, at_fault)
    assert error.message == reason


def test_a_client_certificate_that_may_not_be_read_is_named(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: path != files.key)
    assert refused(files.ca, files.cert, files.key).message == "the file of the client key cannot be read"
