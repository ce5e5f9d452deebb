"""TLS is verified: a server with the wrong certificate gets no key and no load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

if TYPE_CHECKING:
    from world import World

ENVIRONMENTS = """\
here:
  url: {url}
  project: stub
  environment: main
  api_key: ${{E2E_API_KEY}}
  ca_file: {ca_file}
"""


def tls_stub(world: World, *names: str, trusted: bool = True) -> None:
    """Start a TLS stub with a certificate for `names`, from an authority that is trusted or not."""
    authority, other = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert(*names)
    paths = {"cert": str(world.folder / "cert.pem"), "key": str(world.folder / "key.pem")}
    certificate.cert_chain_pems[0].write_to_path(paths["cert"])
    certificate.private_key_pem.write_to_path(paths["key"])
    (authority if trusted else other).cert_pem.write_to_path(str(world.folder / "ca.pem"))
    stub = world.stub(tls=paths)
    text = ENVIRONMENTS.replace("{ca_file}", "ca.pem")
    world.environments(stub.url, text)


def test_a_private_authority_that_is_named_is_trusted(world: World) -> None:
    tls_stub(world, "127.0.0.1")
    ended = world.run("run", world.scenario("100/s", "1s"))
    assert ended.code == 0
    assert ended.result["outcomes"]["ok"] == 100
    assert ended.result["environment"]["url"].startswith("https://")


@pytest.mark.sample(1)
@pytest.mark.parametrize(("names", "trusted"), [(["127.0.0.1"], False), (["other.example"], True)])
def test_an_unknown_authority_or_another_name_stops_the_run(
    world: World, names: list[str], *, trusted: bool
) -> None:
    tls_stub(world, *names, trusted=trusted)
    ended = world.run("run", world.scenario("100/s", "1s"))
    assert ended.code == 4
    assert "[preflight-tls]" in ended.err


@pytest.mark.sample(1)
@pytest.mark.parametrize("resumption", [True, pytest.param(False, marks=pytest.mark.long)])
def test_sessions_are_resumed_unless_full_handshakes_are_wanted(world: World, *, resumption: bool) -> None:
    tls_stub(world, "127.0.0.1")
    scenario = world.scenario("20/s", "1s")
    ended = world.run(
        "run",
        scenario,
        *("--set", "load.connections=per_session", "--set", f"load.tls_resumption={str(resumption).lower()}"),
    )
    generator = ended.result["generator"]
    assert ended.code == 0
    assert generator["addresses"] == {"127.0.0.1": generator["connections_opened"]} == {"127.0.0.1": 20}
    assert (generator["tls_resumed"] > 0) is resumption
    assert "127.0.0.1 (20)" in (ended.folder / "report.html").read_text()
    assert world.run("report", str(ended.folder), "--format", "md").code == 0
