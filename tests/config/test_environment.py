"""What a good environments file becomes, and which scenarios an environment refuses."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from sessionload.config.environment import Environment
from sessionload.config.guard import guard
from sessionload.config.read import read_document
from sessionload.config.scenario import Scenario
from sessionload.config.yaml_source import parse
from sessionload.errors import InputError, Place
from sessionload.stub.settings import StubSettings

SHIPPED = Path(__file__).parents[2] / "environments.yaml"
KEY = "VF.DM.0123456789abcdef.canary"
PROJECT = "5f1b2c3d4e5f6a7b8c9d0e1f"
VARIABLES = {"VF_PROJECT_ID": PROJECT, "VF_API_KEY": KEY}
LOCAL = """\
local:
  url: ${URL}
  project: my-own
  environment: 64f0c2aa64f0c2aa64f0c2aa
  api_key: ${KEY}
  ca_file: authority.pem
  client_cert: client.pem
  client_key: keys/client.pem
  max_body: 1000
"""
SCENARIO = """\
name: x
environment: main
users: {id: "{n}"}
load: {stages: [{name: peak, rate: 20/s, duration: 1s}]}
targets: [p95 < 1s]
"""


def environment(text: str, name: str, variables: dict[str, str] | None = None) -> Environment:
    return Environment.check(parse(text.encode(), "envs/e.yaml"), name, variables or {})


def test_the_shipped_stub_needs_no_variable() -> None:
    stub = Environment.check(read_document(SHIPPED), "stub", {})
    assert stub.stub == StubSettings(latency="lognormal(p50=40ms, p99=180ms)")
    assert (stub.key, stub.max_rate, stub.protected) == (None, None, False)
    assert stub.describe() == {
        "name": "stub",
        "url": "embedded stub",
        "project": "stub",
        "environment": "main",
    }
    running = stub.at_port(4711)
    assert (running.host, running.port, running.url) == ("127.0.0.1", 4711, "http://127.0.0.1:4711")
    assert running.describe() == stub.describe()


def test_the_shipped_staging_takes_its_key_from_a_variable() -> None:
    staging = Environment.check(read_document(SHIPPED), "staging", VARIABLES)
    assert (staging.url, staging.port, staging.tls) == ("https://general-runtime.voiceflow.com", 443, True)
    assert (staging.binding.project, staging.binding.environment, staging.max_rate) == (
        PROJECT,
        "staging",
        Fraction(300),
    )
    assert staging.key is not None
    assert staging.key.reveal() == KEY
    assert staging.key_variable == "VF_API_KEY"
    assert (staging.stub, staging.ca_file, staging.max_body, staging.protected) == (None, None, 65536, False)
    assert "canary" not in f"{staging!r}"


def test_an_environment_that_extends_another_says_only_what_differs() -> None:
    production = Environment.check(read_document(SHIPPED), "production", VARIABLES)
    assert (production.name, production.binding.environment, production.max_rate) == (
        "production",
        "main",
        Fraction(50),
    )
    assert production.url == "https://general-runtime.voiceflow.com"
    assert production.protected
    text = SHIPPED.read_text() + "weekend: {extends: production, max_rate: 90/min}\n"
    weekend = environment(text, "weekend", VARIABLES)
    assert (weekend.max_rate, weekend.protected, weekend.binding.environment) == (
        Fraction(3, 2),
        True,
        "main",
    )


def test_everything_of_a_local_environment_can_be_said() -> None:
    local = environment(LOCAL, "local", {"URL": "http://127.0.0.1:8080/", "KEY": KEY})
    assert (local.url, local.host, local.port, local.tls) == (
        "http://127.0.0.1:8080",
        "127.0.0.1",
        8080,
        False,
    )
    assert (local.ca_file, local.client_cert, local.client_key) == (
        str(Path("envs/authority.pem")),
        str(Path("envs/client.pem")),
        str(Path("envs/keys/client.pem")),
    )
    assert local.max_body == 1000


def test_certificate_and_key_of_the_client_may_come_from_two_entries() -> None:
    text = LOCAL.replace("  client_key: keys/client.pem\n", "")
    text += "other: {extends: local, client_key: other.pem}\n"
    other = environment(text, "other", {"URL": "https://a.example", "KEY": KEY})
    assert (other.client_cert, other.client_key) == ("envs/client.pem", "envs/other.pem")


def test_a_description_tells_projects_apart_without_handing_their_ids_round() -> None:
    described = environment(LOCAL, "local", {"URL": "https://a.example", "KEY": KEY}).describe()
    assert described["url"] == "https://a.example"
    assert described["project"].startswith("…")  # too short to show a part of it
    assert len(described["project"]) == 7
    assert described["environment"].startswith("64f0…")
    assert "64f0c2" not in described["environment"]
    staging = Environment.check(read_document(SHIPPED), "staging", VARIABLES).describe()
    assert staging["environment"] == "staging"
    assert (staging["key_variable"], described["key_variable"]) == ("VF_API_KEY", "KEY")
    assert PROJECT not in str(staging)
    other = {**VARIABLES, "VF_PROJECT_ID": PROJECT[:-1] + "0"}
    assert Environment.check(read_document(SHIPPED), "staging", other).describe() != staging


def test_every_setting_of_a_stub_can_be_given() -> None:
    text = "slow:\n  embedded: true\n  seed: 3\n  max_rate: 5/s\n  faults: [stall from 1s for 2s, nan on 5]\n"
    slow = environment(text, "slow")
    assert slow.stub == StubSettings(latency="40ms", faults=("stall from 1s for 2s", "nan on 5"), seed=3)
    assert slow.max_rate == 5


def test_embedded_can_be_switched_off_again() -> None:
    text = "a: {embedded: true}\n" + LOCAL + "  extends: a\n  embedded: false\n"
    assert environment(text, "local", {"URL": "https://a.example", "KEY": KEY}).stub is None


def test_only_the_variables_of_the_chosen_environment_are_needed() -> None:
    text = "stub: {embedded: true}\n" + LOCAL
    assert environment(text, "stub").stub
    with pytest.raises(InputError) as caught:
        environment(text, "local", {"URL": "https://a.example"})
    assert (caught.value.code, caught.value.place) == ("missing-variable", Place("envs/e.yaml", 6, 12))


@pytest.mark.parametrize("bad", ["http://a.example/canary", "canary", "https://canary@a.example"])
def test_an_address_from_a_variable_is_checked_and_not_repeated(bad: str) -> None:
    with pytest.raises(InputError) as caught:
        environment(LOCAL, "local", {"URL": bad, "KEY": KEY})
    assert caught.value.code == "bad-url"
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("asked_at", "place"), [(None, Place("envs/e.yaml")), (Place("--environment"), Place("--environment"))]
)
def test_an_unknown_environment_is_refused_where_it_was_asked_for(
    asked_at: Place | None, place: Place
) -> None:
    document = parse(LOCAL.encode(), "envs/e.yaml")
    with pytest.raises(InputError) as caught:
        Environment.check(document, "lokal", {}, asked_at=asked_at)
    assert (caught.value.code, caught.value.place) == ("unknown-environment", place)
    assert caught.value.hint == "did you mean 'local'?"


def test_an_endless_chain_is_shown() -> None:
    text = "a: {extends: b}\nb: {extends: c}\nc: {extends: b}\n"
    with pytest.raises(InputError) as caught:
        environment(text, "a")
    assert caught.value.message == "a extends b extends c extends b, without end"


@pytest.mark.parametrize(
    ("keys", "confirmed", "code"),
    [
        ("", None, None),
        ("max_rate: 20/s", None, None),
        ("max_rate: 19.99/s", None, "rate-over-limit"),
        ("max_rate: 1199/min", "main", "rate-over-limit"),
        ("max_sessions: PLANNED", None, None),
        ("max_sessions: FEWER", "main", "too-many-sessions"),
        ("protected: false", None, None),
        ("protected: true", None, "not-confirmed"),
        ("protected: true", "Main", "not-confirmed"),
        ("protected: true", "main", None),
        ("", "main", "option-without-meaning"),
        ("protected: false", "another", "option-without-meaning"),
    ],
)
def test_a_guard_lets_through_what_fits_and_was_confirmed(
    keys: str, confirmed: str | None, code: str | None
) -> None:
    scenario = Scenario.check(parse(SCENARIO.encode(), "x.yaml"))
    planned = scenario.schedule.planned()
    keys = keys.replace("PLANNED", str(planned)).replace("FEWER", str(planned - 1))
    main = environment(f"main:\n  embedded: true\n  {keys}\n", "main")
    if code is None:
        guard(scenario, main, confirmed)
        return
    with pytest.raises(InputError) as caught:
        guard(scenario, main, confirmed)
    assert caught.value.code == code
    places = {Place("x.yaml", 2, 14), Place("x.yaml", 4, 36), Place("--confirm")}
    assert caught.value.place in places


def test_plain_http_is_allowed_in_one_word() -> None:
    text = "pods: {url: 'http://runtime.shop.svc:8080', plain_http: WORD, project: p}"
    pods = environment(text.replace("WORD", "allowed"), "pods")
    assert (pods.url, pods.tls) == ("http://runtime.shop.svc:8080", False)
    for word, code in (("true", "bad-type"), ("yes", "bad-choice")):
        with pytest.raises(InputError) as caught:
            environment(text.replace("WORD", word), "pods")
        assert caught.value.code == code
