"""The contract suite against the real stub: a sound one keeps everything, a defect breaks its own case."""

from __future__ import annotations

import json
import re
import signal
import sys
import time
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import trustme
from world import FAST, HERE, SUITE, Ended, free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

SESSION_KEY = re.compile(r"sk\.[A-Za-z0-9_-]{8}")


def suite_report(ended: Ended) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((ended.folder / "examination.json").read_text())
    return data


def states(ended: Ended) -> dict[str, str]:
    return {row["name"]: row["state"] for row in suite_report(ended)["results"]}


def violated(ended: Ended) -> list[str]:
    return [name for name, state in states(ended).items() if state == "violated"]


def row(ended: Ended, name: str) -> dict[str, Any]:
    return next(row for row in suite_report(ended)["results"] if row["name"] == name)


# Sound


def test_the_sound_stub_keeps_everything(world: World) -> None:
    """As a person runs it: the table on standard error, the end on standard output, files in the folder."""
    stub = world.stub()
    ended = world.run(*HERE, "--with-interact")
    assert ended.code == 0, ended.out
    assert ended.out.startswith("KEPT: ")
    assert {state for name, state in states(ended).items() if name != "law/tls-is-verified"} == {
        "kept",
        "undocumented",
    }
    assert states(ended)["law/tls-is-verified"] == "skipped"
    assert {path.name for path in ended.folder.iterdir()} == {
        "examination.json",
        "report.html",
        "summary.md",
        "junit.xml",
    }
    lines = [line for line in ended.err.splitlines() if line]
    assert len(lines) == len(states(ended))
    assert 40 <= len(lines) <= 70
    cases = ET.parse(ended.folder / "junit.xml").findall(".//testcase")  # noqa: S314 -- we wrote it
    assert len(cases) == len(lines)
    sent = suite_report(ended)["verdict"]["requests"]
    assert sent == sum(row["requests"] for row in suite_report(ended)["results"])
    assert stub.ledger()["arrivals"] < sent
    written = [path.read_text() for path in ended.folder.iterdir()]
    assert not [text for text in (*written, *world.printed) if SESSION_KEY.search(text)]


def test_with_no_environment_the_stub_is_started_for_it(world: World, check: Callable[..., Ended]) -> None:
    """No environments file is needed."""
    ended = world.run("check", *FAST, "--quiet", "--out", "mine", "--junit", "mine.xml")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.folder == world.folder / "mine"
    assert (world.folder / "mine.xml").read_text() == (ended.folder / "junit.xml").read_text()
    world.stub_thread()
    again = check("--out", "mine")
    assert again.code == 2
    assert "[output-taken]" in again.err


def test_a_list_sends_nothing_and_says_what_would_be_sent(check: Callable[..., Ended], world: World) -> None:
    stub = world.stub_thread()
    listed = check("--list", "--with-interact")
    assert listed.code == 0
    assert stub.ledger()["arrivals"] == stub.ledger()["unauthorized"] == 0
    assert not (world.folder / "reports").exists()
    promised = int(listed.out.strip().splitlines()[-1].split(" cases and rules, ")[1].split()[0])
    ended = check("--with-interact")
    assert suite_report(ended)["verdict"]["requests"] == promised
    assert all(f"\n{name} " in f"\n{listed.out}" for name in states(ended))


def test_user_ids_can_be_found_again(check: Callable[..., Ended], world: World) -> None:
    world.stub_thread()
    ended = check()
    run = suite_report(ended)["check"]["id"]
    marked = [row for row in suite_report(ended)["results"] if f"sessionload-check-{run}" in row["curl"]]
    assert len(marked) > 30


# Defects

DEFECTS = {
    "grants_too_long always": ["user-id/length-257"],
    "grants_empty always": ["user-id/length-0"],
    "grants_null always": ["user-id/null"],
    "refuses_astral always": ["user-id/length-256-astral"],
    "fails_on_bad_json always": ["body/truncated", "body/not-json"],
    "grants_any_media_type always": ["body/media-type"],
    "grants_keyless always": ["authorization/missing"],
    "grants_bearer always": ["authorization/bearer"],
    "grants_get always": ["method/GET"],
    "same_key if granted": ["law/keys-differ-between-users"],
    "repeats_key always": ["law/keys-differ-between-starts"],
    "keeps_old_key always": ["law/start-ends-earlier-session"],
    "keeps_racing_keys always": ["law/parallel-starts-leave-one"],
    "trims_user_id always": ["law/similar-users-stay-apart"],
    "key_is_user_id always": ["law/key-is-not-the-user-id"],
    "key_is_api_key always": ["law/key-is-not-the-api-key"],
    "key_has_control always": ["law/key-is-text"],
    "shows_key_in_body always": ["law/api-key-is-not-shown"],
    "shows_key_in_head always": ["law/api-key-is-not-shown"],
    "redirect http://127.0.0.1:9/away?with=this if granted": ["law/no-redirect-elsewhere"],
    "redirect /elsewhere if granted": ["valid/ordinary"],
    "status 201 if granted": ["valid/ordinary"],
    "status 500 if granted": ["valid/ordinary"],
    "html if granted": ["valid/ordinary"],
    "missing_key if granted": ["valid/ordinary"],
    "null_key if granted": ["valid/ordinary"],
    "empty_key if granted": ["valid/ordinary"],
    "not_json if granted": ["valid/ordinary"],
    "hang if granted": ["valid/ordinary"],
    "close if granted": ["valid/ordinary"],
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_breaks_its_own_case_and_no_other(
    check: Callable[..., Ended], world: World, defect: str
) -> None:
    """Everything else is kept, undocumented, or skipped because it stands on what broke."""
    world.stub_thread(defect, latency="30ms" if "racing" in defect else "0ms")
    ended = check("--with-interact", "--timeout", "1s", "--quiet")
    assert ended.code == 1
    assert violated(ended) == DEFECTS[defect]
    assert set(states(ended).values()) <= {"kept", "undocumented", "violated", "skipped"}
    assert ended.out.startswith("VIOLATED: ")
    result = row(ended, DEFECTS[defect][0])
    assert result["law"] in ended.out.replace("\n" + " " * 15, " ")
    if not result["name"].startswith("law/tls"):
        assert "curl" in result["curl"]
        assert '"$E2E_API_KEY"' in result["curl"] or defect.startswith("grants_keyless")


def test_a_redirect_is_named_by_scheme_and_host_only(check: Callable[..., Ended], world: World) -> None:
    world.stub_thread("redirect http://127.0.0.1:9/away?with=this if granted")
    ended = check()
    assert (
        row(ended, "law/no-redirect-elsewhere")["observed"] == "307 in valid/ordinary, to http://127.0.0.1:9"
    )
    assert "away" not in ended.out


def test_what_hangs_for_ever_is_not_asked_for_ever(check: Callable[..., Ended], world: World) -> None:
    """After the first answer that never comes, nothing else is sent."""
    world.stub_thread("hang always")
    ended = check("--timeout", "500ms")
    assert violated(ended) == ["valid/ordinary"]
    assert suite_report(ended)["verdict"]["requests"] == 1


# Preflight and input


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("status 401 always", "preflight-key-rejected"),
        ("status 403 always", "preflight-key-rejected"),
        ("status 404 always", "preflight-unknown-project"),
        ("throttle retry-after 3600 always", "preflight-throttled"),
    ],
)
def test_a_refused_preflight_is_no_pass(
    check: Callable[..., Ended], world: World, fault: str, code: str
) -> None:
    stub = world.stub_thread(fault)
    ended = check()
    assert ended.code == 4
    assert f"[{code}]" in ended.err
    assert stub.ledger()["arrivals"] == 1
    assert list((world.folder / "reports").iterdir()) == []


def test_a_dead_key_is_no_pass(check: Callable[..., Ended], world: World) -> None:
    world.stub_thread()
    world.key = f"{world.key}.dead"
    ended = check()
    assert ended.code == 4
    assert "[preflight-key-rejected]" in ended.err
    assert ended.out == ""


def test_a_host_that_is_not_there_is_no_pass(check: Callable[..., Ended], world: World) -> None:
    world.environments(f"http://127.0.0.1:{free_port()}")
    ended = check()
    assert (ended.code, "[preflight-refused]" in ended.err) == (4, True)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--environment", "nowhere"], "unknown-environment"),
        (["--environment", "guarded"], "not-confirmed"),
        (["--environment", "guarded", "--confirm", "guarded"], "rate-over-limit"),
        (["--pace", "5"], "bad-rate"),
        (["--pace", "0/s"], "out-of-range"),
        (["--pace", "2000/s"], "out-of-range"),
        (["--timeout", "soon"], "bad-duration"),
        (["--timeout", "10m"], "out-of-range"),
        (["--budget", "20"], "budget-too-small"),
        (["--baseline", "missing.yaml"], "file-missing"),
        (["--contract", "missing.yaml"], "file-missing"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    check: Callable[..., Ended], world: World, options: list[str], code: str
) -> None:
    stub = world.stub_thread()
    ended = check(*options)
    assert ended.code == 2
    assert f"[{code}]" in ended.err
    assert stub.ledger()["arrivals"] == 0
    assert not (world.folder / "reports").exists()


# Throttling, baseline, strict


def test_a_429_is_waited_for_and_asked_again(check: Callable[..., Ended], world: World) -> None:
    """The third and fourth arrival are throttled: the case waits for a second each time, and is kept."""
    world.stub_thread("throttle retry-after 1 on 3..4")
    began = time.monotonic()
    ended = check()
    assert time.monotonic() - began > 2
    assert ended.code == 0
    throttled = [row for row in suite_report(ended)["results"] if "throttled" in row["observed"]]
    assert [row["requests"] for row in throttled] == [3]
    assert "(throttled 2 times before)" in throttled[0]["observed"]


def test_what_is_throttled_to_the_last_is_no_pass_and_no_violation(
    check: Callable[..., Ended], world: World
) -> None:
    world.stub_thread("throttle retry-after 3600 on 3")
    ended = check()
    assert ended.code == 1
    assert ended.out.startswith("INCOMPLETE: ")
    assert sorted(states(ended).values()).count("throttled") == 1
    assert violated(ended) == []


def test_the_budget_ends_a_check_that_is_throttled(check: Callable[..., Ended], world: World) -> None:
    stub = world.stub_thread("throttle retry-after 0 every 2")
    ended = check("--budget", "65")
    assert ended.code == 1
    assert "the budget of 65 requests is spent" in ended.out
    assert suite_report(ended)["verdict"]["requests"] == 65
    assert stub.ledger()["arrivals"] <= 65


BASELINE = """\
accepted:
  - {{case: {case}, reason: known since the move, date: 2026-01-31}}
"""


def test_a_baseline_accepts_what_is_known_until_it_is_gone(check: Callable[..., Ended], world: World) -> None:
    (world.folder / "known.yaml").write_text(BASELINE.format(case="user-id/length-257"))
    world.stub_thread("grants_too_long always")
    accepted = check("--baseline", "known.yaml")
    assert accepted.code == 0
    assert row(accepted, "user-id/length-257")["accepted"] == "known since the move"
    world.stub_thread()
    stale = check("--baseline", "known.yaml")
    assert stale.code == 1
    assert "no longer occurs" in stale.out
    (world.folder / "known.yaml").write_text(BASELINE.format(case="user-id/length-258"))
    assert "[unknown-case]" in check("--baseline", "known.yaml").err


def test_strict_takes_the_document_at_its_word(check: Callable[..., Ended], world: World) -> None:
    """The stub refuses with statuses that the document does not list: with --strict these are violations."""
    world.stub_thread()
    ended = check("--strict")
    assert ended.code == 1
    assert len(suite_report(ended)["verdict"]["failing"]) == sum(
        state == "undocumented" for state in states(ended).values()
    )


def test_ctrl_c_leaves_a_report_of_what_was_seen(world: World) -> None:
    stub = world.stub(latency="100ms")
    process = world.start(*HERE)
    patience = time.monotonic() + 30
    while stub.ledger()["arrivals"] < 5 and time.monotonic() < patience:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    ended = world.end(process)
    assert ended.code == 130
    assert "INCOMPLETE" in ended.out
    assert "interrupted by SIGINT" in ended.out
    assert set(states(ended).values()) >= {"kept", "skipped"}


# TLS


def test_over_tls_the_client_is_seen_to_refuse_strangers(check: Callable[..., Ended], world: World) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    paths = {"cert": str(world.folder / "cert.pem"), "key": str(world.folder / "key.pem")}
    certificate.cert_chain_pems[0].write_to_path(paths["cert"])
    certificate.private_key_pem.write_to_path(paths["key"])
    authority.cert_pem.write_to_path(str(world.folder / "ca.pem"))
    stub = world.stub(tls=paths)
    text = (world.folder / "environments.yaml").read_text()
    (world.folder / "environments.yaml").write_text(text.replace("guarded", "  ca_file: ca.pem\nguarded", 1))
    ended = check()
    assert ended.code == 0, ended.err
    assert states(ended)["law/tls-is-verified"] == "kept"
    assert row(ended, "law/tls-is-verified")["requests"] == 2
    trustme.CA().cert_pem.write_to_path(str(world.folder / "ca.pem"))
    stranger = check()
    assert (stranger.code, "[preflight-tls]" in stranger.err) == (4, True)
    assert stub.url.startswith("https://")


# pytest


def test_pytest_runs_the_cases_of_the_command_and_fails_where_it_does(
    world: World, check: Callable[..., Ended]
) -> None:
    """As a person runs it, with no other plugin of pytest."""
    world.stub_thread("grants_empty always")
    command = check()
    ended = world.run(
        program=[sys.executable, "-m", "pytest", *SUITE, "--environment", "here", "-v"],
        env={**world.variables, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert ended.code == command.code == 1, ended.out
    rows = [line for line in ended.out.splitlines() if line.startswith("contracts/test_contract.py::")]
    assert [row.split("[")[1].split("]")[0] for row in rows if "::test_contract[" in row] == list(
        states(command)
    )
    skipped = [name for name, state in states(command).items() if state == "skipped"]
    assert ended.out.count("SKIPPED") == len(skipped) > 0
    assert "FAILED contracts/test_contract.py::test_contract[user-id/length-0]" in ended.out
    assert "1 failed" in ended.out
    assert "curl" in ended.out


def test_pytest_starts_the_stub_where_no_environment_is_named(
    contracts_by_pytest: Callable[..., Ended],
) -> None:
    ended = contracts_by_pytest("-q")
    assert ended.code == 0, ended.out
    assert re.search(r"\d+ passed, \d+ skipped", ended.out)


@pytest.mark.variation
def test_pytest_leaves_with_the_codes_of_the_command(
    world: World, contracts_by_pytest: Callable[..., Ended]
) -> None:
    world.stub_thread("status 401 always")
    refused = contracts_by_pytest("--environment", "here")
    assert refused.code == 4
    assert "[preflight-key-rejected]" in refused.out + refused.err
    unknown = contracts_by_pytest("--environment", "nowhere")
    assert unknown.code == 2
    assert "[unknown-environment]" in unknown.out + unknown.err
