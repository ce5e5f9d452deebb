"""The fixture `start_session` in the pytest runs of others: real processes, and a server that may be wrong.

The plugin is named by its module and no other is loaded, so that it does not matter how this project is
installed; that an installed one is found is `pyproject.toml`'s to say.
"""

from __future__ import annotations

import secrets
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from stub_thread import StubThread

from sessionload import pytest_plugin
from sessionload.config.contract_files import read_contract
from sessionload.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "contracts" / "openapi.yaml"
ENVIRONMENTS = """\
here: {{url: "{url}", project: stub, environment: main, api_key: "${{SUITE_KEY}}"}}
few: {{extends: here, max_sessions: 2}}
slow: {{extends: here, max_rate: 5/s}}
guarded: {{extends: here, protected: true}}
"""
PASSES = "def test_it(start_session):\n    assert start_session().session_key\n"


@pytest.fixture
def key() -> str:
    return f"VF.DM.{secrets.token_hex(12)}.{secrets.token_urlsafe(12)}"


@pytest.fixture
def suite(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, key: str
) -> Callable[..., pytest.RunResult]:
    """Run a suite as another project would, every warning an error; settings are words, `-o` each."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("SUITE_KEY", key)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)  # of this run, not of that

    def run(text: str, *options: str, **settings: object) -> pytest.RunResult:
        pytester.makepyfile(test_suite=text)
        given = [word for name, value in settings.items() for word in ("-o", f"sessionload_{name}={value}")]
        ended = pytester.runpytest_subprocess(
            "-p", "sessionload.pytest_plugin", "-p", "no:cacheprovider", "-W", "error", *given, *options
        )
        assert key not in ended.stdout.str() + ended.stderr.str()
        return ended

    return run


@pytest.fixture
def stub_with(pytester: pytest.Pytester, key: str) -> Iterator[Callable[..., StubThread]]:
    """Start a stub with faults and write the environments that are there."""
    started: list[StubThread] = []

    def start(*faults: str) -> StubThread:
        document, _ = read_contract(CONTRACT)
        stub = StubThread(*faults, key=Secret(key, name="SUITE_KEY"), document=document)
        started.append(stub)
        (pytester.path / "environments.yaml").write_text(ENVIRONMENTS.format(url=stub.url))
        return stub

    yield start
    for stub in started:
        stub.stop()


def test_an_installed_package_brings_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"sessionload": pytest_plugin.__name__}


def test_a_suite_that_does_not_use_it_pays_nothing(suite: Callable[..., pytest.RunResult]) -> None:
    ended = suite(
        "import sys\n"
        "def test_it():\n"
        "    ours = {name for name in sys.modules if name.split('.')[0] == 'sessionload'}\n"
        "    assert ours == {'sessionload', 'sessionload.pytest_plugin'}\n"
        "    assert not {'yaml', 'requests', 'gevent', 'locust', 'numpy'} & set(sys.modules)\n",
        "--strict-config",
    )
    ended.assert_outcomes(passed=1)
    help_text = suite("def test_it(): pass\n", "--help").stdout.str()
    assert "sessionload_environment (string)" in help_text
    assert "--sessionload" not in help_text


def test_without_settings_and_files_it_starts_sessions_of_the_embedded_stub(
    suite: Callable[..., pytest.RunResult],
) -> None:
    text = (
        "def test_it(start_session):\n"
        "    mine, again, other = start_session('me'), start_session('me'), start_session()\n"
        "    assert mine.user_id == 'me' != other.user_id\n"
        "    assert mine.status == 200 and 0 < mine.duration_s < 10\n"
        "    assert len({mine.session_key, again.session_key, other.session_key}) == 3\n"
        "    assert mine.session_key == mine.session_key != mine.session_key.reveal()\n"
        "    assert mine.session_key.reveal() not in repr(mine) + f'{mine.session_key}'\n"
    )
    suite(text).assert_outcomes(passed=1)


def test_it_starts_sessions_of_an_environment_and_sends_each_once(
    suite: Callable[..., pytest.RunResult], stub_with: Callable[..., StubThread]
) -> None:
    stub = stub_with()
    text = PASSES + PASSES.replace("test_it", "test_again")
    suite(text, environment="here", contract=CONTRACT).assert_outcomes(passed=2)
    assert stub.ledger()["arrivals"] == 2


@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        ("empty_key always", "*the session key is empty, or only white space [[]key/empty]"),
        ("status 503 always", "*the server failed (status 503) [[]server_error/503*]"),
        ("close always", "*[[]connection/closed]"),
        ("same_key always", "*the session key was issued before in this run [[]key/repeated]"),
    ],
)
def test_a_broken_contract_fails_the_test_with_the_finding(
    suite: Callable[..., pytest.RunResult],
    stub_with: Callable[..., StubThread],
    fault: str,
    finding: str,
) -> None:
    stub_with(fault)
    text = "def test_it(start_session):\n    for _ in range(3):\n        start_session()\n"
    ended = suite(text, "--showlocals", environment="here", contract=CONTRACT)
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(
        ["> *start_session()", f"E *start_session at here (127.0.0.1:*): {finding}", "E *again: curl *"]
    )
    printed = ended.stdout.str()
    assert "library/session.py" not in printed
    assert '"$SUITE_KEY"' in printed


def test_a_late_answer_is_a_finding_and_can_be_expected(
    suite: Callable[..., pytest.RunResult], stub_with: Callable[..., StubThread]
) -> None:
    stub_with("hang always")
    text = (
        "import pytest\n"
        "from sessionload import SessionStartError\n"
        "def test_it(start_session):\n"
        "    with pytest.raises(SessionStartError) as caught:\n"
        "        start_session(timeout_s=0.2)\n"
        "    assert caught.value.cause == 'timeout/answer'\n"
        "    with pytest.raises(ValueError, match='not above 0'):\n"
        "        start_session(timeout_s=0)\n"
    )
    suite(text, environment="here", contract=CONTRACT).assert_outcomes(passed=1)


def test_the_limits_of_the_environment_hold(
    suite: Callable[..., pytest.RunResult],
    stub_with: Callable[..., StubThread],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stub = stub_with()
    three = "def test_it(start_session):\n    for _ in range(3):\n        start_session()\n"
    ended = suite(three, environment="few", contract=CONTRACT)
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["*max_sessions of 'few' is 2, and so many were started*too-many-sessions*"])
    assert stub.ledger()["arrivals"] == 2
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "2")
    ended = suite(three, environment="few", contract=CONTRACT)
    ended.stdout.fnmatch_lines(["*max_sessions of 'few' is 2, and this one of 2 processes had its part*"])
    assert stub.ledger()["arrivals"] == 3
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT")
    timed = f"import time\n{three}".replace("    for", "    began = time.monotonic()\n    for")
    timed += "    assert time.monotonic() - began >= 0.4\n"
    suite(timed, environment="slow", contract=CONTRACT).assert_outcomes(passed=1)


def test_a_protected_environment_has_to_be_named_again(
    suite: Callable[..., pytest.RunResult], stub_with: Callable[..., StubThread]
) -> None:
    stub = stub_with()
    ended = suite(PASSES, environment="guarded", contract=CONTRACT)
    ended.assert_outcomes(errors=1)
    ended.stdout.fnmatch_lines(["*'guarded' is protected*not-confirmed*"])
    assert stub.ledger()["arrivals"] == 0
    suite(PASSES, environment="guarded", contract=CONTRACT, confirm="guarded").assert_outcomes(passed=1)


def test_what_cannot_be_used_is_one_sentence(
    suite: Callable[..., pytest.RunResult], stub_with: Callable[..., StubThread]
) -> None:
    stub_with()
    ended = suite(PASSES, environment="heer", contract=CONTRACT)
    ended.assert_outcomes(errors=1)
    ended.stdout.fnmatch_lines(
        ["start_session: sessionload_environment: there is no environment 'heer'*'here'*"]
    )
    assert "Traceback" not in ended.stdout.str()
    refused = "def test_it(start_session):\n    start_session('')\n"
    ended = suite(refused, environment="here", contract=CONTRACT)
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["E *the user ID *bad-user-id*"])


def test_settings_come_from_the_ini_file_and_paths_from_its_folder(
    suite: Callable[..., pytest.RunResult], stub_with: Callable[..., StubThread], pytester: pytest.Pytester
) -> None:
    stub = stub_with()
    (pytester.path / "contracts").mkdir()
    (pytester.path / "contracts" / "openapi.yaml").write_bytes(CONTRACT.read_bytes())
    pytester.makeini("[pytest]\nsessionload_environment = here\n")
    suite(PASSES).assert_outcomes(passed=1)
    assert stub.ledger()["arrivals"] == 1
