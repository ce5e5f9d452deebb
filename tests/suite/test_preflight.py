"""The preflight: one session that keeps the whole contract, or one sentence that says why not."""

from __future__ import annotations

import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import trustme

from sessionload.errors import PreflightError
from sessionload.secret import Secret
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import StubSettings
from sessionload.suite.preflight import StartResponse, preflight, start_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sessionload.config.run_spec import RunInputs, RunSpec

    PlanFor = Callable[..., tuple[RunInputs, RunSpec, dict[str, str]]]

TIMEOUT_S = 0.5


@pytest.fixture
def spec_for(plan_for: PlanFor) -> Callable[..., RunSpec]:
    """Return a spec for a URL and a timeout of 500 ms; keyword arguments are fields of the environment."""

    def make(url: str, *, timeout: str = "500ms", **environment: object) -> RunSpec:
        return plan_for(url, load={"timeout": timeout}, environment=environment)[1]

    return make


def refusal(spec: RunSpec) -> PreflightError:
    """Return the error of a preflight that fails in time; it has a place and a cure, and no key."""
    began = time.monotonic()
    with pytest.raises(PreflightError) as caught:
        preflight(spec)
    assert time.monotonic() - began < TIMEOUT_S + 10  # and no minute, which a socket may wait by itself
    error = caught.value
    assert error.exit_code == 4
    assert error.message.startswith("preflight of here (") or error.place
    assert error.hint
    key = spec.environment.key
    assert key is not None
    assert key.hide(str(error)) == str(error)
    assert error.__suppress_context__ or error.__context__ is None
    return error


@pytest.mark.parametrize("faults", [(), ("same_key always",), ("chunked always",), ("http10_close always",)])
def test_a_session_that_keeps_the_contract_lets_load_begin(
    spec_for: Callable[..., RunSpec], api_key: Secret, faults: tuple[str, ...]
) -> None:
    """It is no load: the stub's ledger counts it apart, and no number is taken."""
    with StubProcess.start(StubSettings(faults=faults, latency="20ms"), api_key) as stub:
        took_ns = preflight(spec_for(stub.url, timeout="30s")).elapsed_ns
        page = stub.ledger()
    assert 20_000_000 <= took_ns < 30e9
    assert (page["preflights"], page["arrivals"], page["numbers"], page["connections"]) == (1, 0, 0, 0)


FAULTS = {
    "status 401": ("key-rejected", "401", "PARTS_API_KEY"),
    "status 404": ("unknown-project", "404", "project and environment"),
    "throttle retry-after 30": ("throttled", "429", "wait"),
    "status 503": ("server-error", "503", "one user"),
    "redirect http://127.0.0.1:{sink}/": ("contract", "307", ""),
    "redirect http://[": ("contract", "307", ""),
    "not_json": ("contract", "not JSON", ""),
    "missing_key": ("contract", "sessionKey is missing", ""),
    "echo_api_key": ("contract", "sessionKey is missing", ""),
    "gzip_bomb": ("content-encoding", "encoded", "proxy"),
    "big_key": ("body-too-large", "65,536 bytes", "max_body"),
    "endless_body": ("body-too-large", "65,536 bytes", "max_body"),
    "close": ("closed", "without an answer", "load balancer"),
    "reset_mid_body": ("reset", "reset", "load balancer"),
    "two_lengths": ("protocol", "not HTTP", "runtime"),
    "many_headers": ("protocol", "more than 100 fields", "runtime"),
    "banner": ("protocol", "not HTTP", "runtime"),
    "hang": ("timeout", "first byte of an answer", "load.timeout"),
    "slow_drip": ("timeout", "whole answer", "load.timeout"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_is_wrong_is_one_sentence_and_no_load(
    spec_for: Callable[..., RunSpec], api_key: Secret, fault: str
) -> None:
    """A redirect leads to a port that is listened to, and no connection comes in there."""
    code, message, cure = FAULTS[fault]
    with socket.create_server(("127.0.0.1", 0)) as sink:
        sink.setblocking(False)  # noqa: FBT003 -- the standard library has it so
        line = f"{fault.format(sink=sink.getsockname()[1])} always"
        with StubProcess.start(StubSettings(faults=(line,)), api_key) as stub:
            error = refusal(spec_for(stub.url, timeout="500ms" if code == "timeout" else "5s"))
            page = stub.ledger()
        with pytest.raises(BlockingIOError):
            sink.accept()
    assert error.code == f"preflight-{code}"
    assert message in error.message
    assert cure in error.hint
    assert (page["preflights"], page["arrivals"]) == (1, 0)


def test_a_wrong_key_or_project_is_told_apart(spec_for: Callable[..., RunSpec], api_key: Secret) -> None:
    with (
        StubProcess.start(StubSettings(), Secret("VF.DM.another.key.0123", name="K")) as stub,
        StubProcess.start(StubSettings(project="another"), api_key) as other,
    ):
        assert refusal(spec_for(stub.url)).code == "preflight-key-rejected"
        assert refusal(spec_for(other.url)).code == "preflight-unknown-project"


def test_a_port_where_nobody_listens_is_refused(spec_for: Callable[..., RunSpec]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = refusal(spec_for(f"http://127.0.0.1:{port}"))
    assert error.code == "preflight-refused"
    assert f"127.0.0.1:{port}" in error.message


def test_a_server_that_never_answers_a_handshake_is_given_up(spec_for: Callable[..., RunSpec]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        error = refusal(spec_for(f"https://127.0.0.1:{server.getsockname()[1]}"))
    assert error.code == "preflight-no-connection"
    assert "slow" not in error.hint


def test_a_host_without_an_address_is_named(
    spec_for: Callable[..., RunSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver of the machine is not asked: some of them have an answer to everything."""

    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = refusal(spec_for("https://nothing.invalid"))
    assert error.code == "preflight-dns"
    assert "nothing.invalid:443" in error.message


def test_neither_a_proxy_nor_a_netrc_of_the_machine_is_used(
    spec_for: Callable[..., RunSpec], api_key: Secret, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(netrc))
    with StubProcess.start(StubSettings(), api_key) as stub:
        assert preflight(spec_for(stub.url)).elapsed_ns > 0


# TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    folder = tmp_path_factory.mktemp("authority")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    certificate = ca.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    return ca, folder


def test_tls_is_verified_by_the_file_of_the_environment(
    spec_for: Callable[..., RunSpec],
    api_key: Secret,
    authority: tuple[trustme.CA, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    ca, folder = authority
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    tls = {"cert": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
    with StubProcess.start(StubSettings(), api_key, tls=tls) as stub:
        assert preflight(spec_for(stub.url, ca_file=str(folder / "ca.pem"))).elapsed_ns > 0
        wrong_name = stub.url.replace("127.0.0.1", "localhost")
        for spec, cure in (
            (spec_for(stub.url), "ca_file"),
            (spec_for(stub.url, ca_file=str(other)), "ca_file"),
            (spec_for(wrong_name, ca_file=str(folder / "ca.pem")), "host"),
        ):
            error = refusal(spec)
            assert error.code == "preflight-tls"
            assert cure in error.hint
        system = tmp_path / "system.pem"
        ca.cert_pem.write_to_path(system)
        monkeypatch.setenv("SSL_CERT_FILE", str(system))
        assert preflight(spec_for(stub.url)).elapsed_ns > 0
        assert refusal(spec_for(f"http://127.0.0.1:{stub.port}")).code in (
            "preflight-protocol",
            "preflight-closed",
            "preflight-reset",
        )


def test_tls_to_a_plain_server_fails(spec_for: Callable[..., RunSpec], api_key: Secret) -> None:
    with StubProcess.start(StubSettings(), api_key) as stub:
        assert refusal(spec_for(stub.url.replace("http:", "https:"))).code == "preflight-tls"


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "is not there"), ("no certificate", "has no certificate")]
)
def test_a_file_of_certificates_that_has_none_is_named(
    spec_for: Callable[..., RunSpec], tmp_path: Path, content: str | None, reason: str
) -> None:
    """Nothing is sent: port 9 would refuse."""
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    error = refusal(spec_for("https://127.0.0.1:9", ca_file=str(path)))
    assert error.code == "preflight-ca-file"
    assert reason in error.message
    assert str(error.place) == str(path)


@pytest.mark.parametrize("filled", [True, False])
def test_a_server_is_verified_by_a_folder_of_authorities(
    spec_for: Callable[..., RunSpec],
    api_key: Secret,
    authority: tuple[trustme.CA, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    filled: bool,  # noqa: FBT001 -- a column
) -> None:
    """OpenSSL finds a certificate in a folder by the hash of its subject."""
    ca, folder = authority
    if filled:
        ca.cert_pem.write_to_path(tmp_path / "ca.pem")
        digest = subprocess.run(
            ["openssl", "x509", "-hash", "-noout", "-in", str(tmp_path / "ca.pem")],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        (tmp_path / "ca.pem").rename(tmp_path / f"{digest}.0")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nothing.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    tls = {"cert": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
    with StubProcess.start(StubSettings(), api_key, tls=tls) as stub:
        if filled:
            assert preflight(spec_for(stub.url)).elapsed_ns > 0
        else:
            assert refusal(spec_for(stub.url)).code == "preflight-ca-file"


def test_a_client_certificate_that_cannot_be_used_is_named(
    spec_for: Callable[..., RunSpec], authority: tuple[trustme.CA, Path], tmp_path: Path
) -> None:
    """Nothing is sent: port 9 would refuse."""
    _, folder = authority
    files = {"client_cert": str(folder / "cert.pem"), "client_key": str(tmp_path / "key.pem")}
    error = refusal(spec_for("https://127.0.0.1:9", ca_file=str(folder / "ca.pem"), **files))
    assert error.code == "preflight-client-cert"
    assert str(error.place) == str(tmp_path / "key.pem")


def test_an_answer_does_not_show_its_body() -> None:
    assert "sk.secret" not in repr(StartResponse(1, 200, "application/json", b'{"sessionKey":"sk.secret"}'))


def test_a_single_call_says_what_came_and_raises_nothing(
    spec_for: Callable[..., RunSpec], api_key: Secret
) -> None:
    with StubProcess.start(StubSettings(faults=("status 599 always",)), api_key) as stub:
        answer: Any = start_session(spec_for(stub.url), "somebody")
    assert (answer.status, answer.content_type, answer.failure) == (599, "application/json", None)
    assert answer.elapsed_ns > 0
