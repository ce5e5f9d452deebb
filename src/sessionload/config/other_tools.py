"""Words of other load tools, and what is written here instead: one table for messages and for the documents.

Most tools count users who wait for an answer before they go on. Here users arrive at a rate, whether the
server answers or not, so their number is no input. `FORMULA` leads from one to the other. A word counts
wherever it has the same letters and digits: `arrivalRate`, `arrival_rate` and `arrival-rate` are one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sessionload.errors import ValueProblem
from sessionload.verdict.targets import parse_target

if TYPE_CHECKING:
    from sessionload.verdict.targets import Target

FORMULA = "rate = users / seconds from one start of a user to the next"
"""How many arrivals per second so many users are: 100 users, each of whom starts every 5 s, are 20/s."""


class Word(NamedTuple):
    """A word of another tool."""

    word: str
    tool: str
    there: str
    """What it is in that tool."""
    here: str
    """What to write here."""
    inside: str = ""
    """Only below the key of this name, where the word could be a misspelled one of ours elsewhere."""
    metric: bool = False
    """Whether it stands in a target, where a metric is named; else it is a key."""

    @property
    def lesson(self) -> str:
        """One line that teaches the model."""
        return f"{self.tool}'s {self.word} is {self.there}; here {self.here}"


_RATE = "users arrive at a rate: rate: 20/s, or people: 50, every: 3s"
_RAMP = "a stage ramps: {rate: 5/s, ramp_to: 20/s, duration: 1m}"
_STAGES = "load.stages are the stages: [{rate: 20/s, duration: 30s}]"
_NEEDED = "as many users start as are needed, and load.max_in_flight bounds them"
_PAUSE = "nobody waits for an answer, and a longer pause is a lower rate: people: 50, every: 3s"
_LENGTH = "a stage lasts for its duration, and the number of starts is rate times duration"
_TARGETS = "targets say what must hold: targets: [p95 < 400ms, error_rate < 1%]"
_ONE = "there is one request, the session start of the contract"
_URL = "the environments file says where: url: https://general-runtime.voiceflow.com"
_FILE = "users.id names a file of IDs: id: {file: users.csv, column: id}"
_ERRORS = "it is error_rate < 1%, of all arrivals"

WORDS = (
    Word("vus", "k6", "a number of users who wait for each answer", _RATE),
    Word("startVUs", "k6", "a number of users who wait for each answer", _RATE),
    Word("preAllocatedVUs", "k6", "a number of users that are kept ready", _NEEDED),
    Word("maxVUs", "k6", "the most users at once", "it is load.max_in_flight: 2000"),
    Word("executor", "k6", "the way in which users come", f"there is one way, {_RATE}"),
    Word("iterations", "k6", "a number of requests", _LENGTH),
    Word("startRate", "k6", "the rate at the start", "it is the rate of the first stage: rate: 20/s"),
    Word("timeUnit", "k6", "the unit of a rate", "each rate carries its unit: 20/s, 90/min"),
    Word("target", "k6", "the rate or users at the end of a stage", "it is ramp_to: 200/s", inside="load"),
    Word("gracefulStop", "k6", "how long the last requests have", "each has until load.timeout"),
    Word("exec", "k6", "the function that a user runs", _ONE),
    Word("scenarios", "k6", "a list of loads", f"a file is one scenario, and {_STAGES}"),
    Word("thresholds", "k6", "what must hold", _TARGETS),
    Word("abortOnFail", "k6", "a threshold that ends the run", "it is {expr: …, window: 30s, abort: true}"),
    Word("users", "Locust", "a number of users who wait for each answer", f"users says who, and {_RATE}"),
    Word("spawn_rate", "Locust", "how fast users start", _RAMP),
    Word("hatch_rate", "Locust", "how fast users start", _RAMP),
    Word("wait_time", "Locust", "the pause of a user", _PAUSE),
    Word("run_time", "Locust", "the length of a run", _LENGTH),
    Word("tasks", "Locust", "what a user does", _ONE),
    Word("host", "Locust", "the server", _URL),
    Word("phases", "Artillery", "the list of stages", _STAGES),
    Word("arrivalRate", "Artillery", "users per second", "it is rate: 20/s, with its unit"),
    Word("arrivalCount", "Artillery", "a number of users", _LENGTH),
    Word("rampTo", "Artillery", "the rate at the end of a phase", "it is ramp_to: 200/s, with its unit"),
    Word("maxVusers", "Artillery", "the most users at once", "it is load.max_in_flight: 2000"),
    Word("ensure", "Artillery", "what must hold", _TARGETS),
    Word("payload", "Artillery", "a file of values", f"{_FILE}, and users.also names further columns"),
    Word("config", "Artillery", "the part before the scenarios", f"{_STAGES}, and targets beside load"),
    Word("think_time", "Artillery", "the pause of a user", _PAUSE),
    Word("atOnceUsers", "Gatling", "a number of users who come at once", _RATE),
    Word("rampUsers", "Gatling", "a number of users, spread evenly", _RAMP),
    Word("constantUsersPerSec", "Gatling", "users per second", "it is rate: 20/s"),
    Word("rampUsersPerSec", "Gatling", "users per second at the start of a ramp", _RAMP),
    Word("constantConcurrentUsers", "Gatling", "a number of users who wait for each answer", _RATE),
    Word("assertions", "Gatling", "what must hold", _TARGETS),
    Word("feeder", "Gatling", "a file of values", _FILE),
    Word("pause", "Gatling", "the pause of a user", _PAUSE),
    Word("base_url", "Gatling", "the server", _URL),
    Word("threads", "JMeter", "a number of users who wait for each answer", _RATE),
    Word("ramp_up", "JMeter", "how long users take to start", _RAMP),
    Word("loops", "JMeter", "a number of requests of each user", _LENGTH),
    Word("throughput", "JMeter", "requests per time", "it is rate: 20/s, with its unit"),
    Word("concurrency", "hey", "a number of requests at once", _RATE),
    Word("rps", "vegeta", "requests per second", "it is rate: 20/s, with its unit"),
    Word("http_req_failed", "k6", "the share of failed requests", _ERRORS, metric=True),
    Word("http_req_duration", "k6", "the time from request to answer", "it is p95 < 400ms", metric=True),
    Word(
        "http_reqs", "k6", "the requests per second", "it is achieved_rate >= 99%, of the plan", metric=True
    ),
    Word("checks", "k6", "the share of checks that held", "it is contract_violations == 0", metric=True),
    Word("med", "k6", "the median", "it is p50 < 200ms", metric=True),
    Word("fail_ratio", "Locust", "the share of failed requests", _ERRORS, metric=True),
)
"""In the order of the tools. The first row of a word counts."""


def lesson_of(key: str, path: str) -> str:
    """Return the lesson of an unknown key of the mapping at `path`; nothing if it is no such word."""
    return next(
        (
            row.lesson
            for row in WORDS
            if not row.metric and _letters(row.word) == _letters(key) and path.startswith(row.inside)
        ),
        "",
    )


def parse_written_target(
    expr: str, *, window_ns: int | None = None, abort: bool = False, stages: tuple[str, ...] = ()
) -> Target:
    """Return what `parse_target` does; where a metric is another tool's, its lesson is the cure.

    Raises `ValueProblem`.
    """
    try:
        return parse_target(expr, window_ns=window_ns, abort=abort, stages=stages)
    except ValueProblem as problem:
        name = re.match(r"\s*(?:[a-z]+\.)?([A-Za-z_]*)", expr)
        letters = _letters(name[1] if name else "")
        for row in WORDS:
            if row.metric and _letters(row.word) == letters:
                raise ValueProblem(problem.message, row.lesson) from None
        raise


def _letters(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())
