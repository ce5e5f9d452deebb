"""sessionload: load and contract testing for the *start session* endpoint.

The names of the library, which docs/library.md is about, are imported when they are first asked for: every
process of a run imports this module, and none of them pays for the others. It imports nothing itself: under
`python -m sessionload` the current folder is still first on the module path when this is read.
"""

TYPE_CHECKING = False  # type checkers know the name, and take it for true

if TYPE_CHECKING:
    from sessionload.errors import InputError, SessionloadError
    from sessionload.library.contract import Contract, Judgement
    from sessionload.library.result import Finding, Latency, Result, Target
    from sessionload.library.scenario import Scenario, Stage
    from sessionload.library.session import SessionKey, SessionStartError, StartedSession, StartSession
    from sessionload.metrics.exchange import Outcome

__version__ = "0.1.0"

__all__ = [
    "Contract",
    "Finding",
    "InputError",
    "Judgement",
    "Latency",
    "Outcome",
    "Result",
    "Scenario",
    "SessionKey",
    "SessionStartError",
    "SessionloadError",
    "Stage",
    "StartSession",
    "StartedSession",
    "Target",
    "__version__",
]

_HOMES = {
    "Contract": "library.contract",
    "Finding": "library.result",
    "InputError": "errors",
    "Judgement": "library.contract",
    "Latency": "library.result",
    "Outcome": "metrics.exchange",
    "Result": "library.result",
    "Scenario": "library.scenario",
    "SessionKey": "library.session",
    "SessionStartError": "library.session",
    "SessionloadError": "errors",
    "Stage": "library.scenario",
    "StartSession": "library.session",
    "StartedSession": "library.session",
    "Target": "library.result",
}
"""The module of each public name."""


if not TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'sessionload' has no attribute '{name}'")
        from importlib import import_module  # noqa: PLC0415 - see above

        return getattr(import_module(f"sessionload.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
