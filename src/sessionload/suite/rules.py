"""Laws of the contract that no schema can say: about more than one answer, or about who may see them.

Law: each law is one function with one sentence, and says kept or violated of that sentence only. Idea: what
the cases brought is looked at again, and a few further sessions are started where that is not enough. Trap: a
law that stands on another one shows nothing where that one is broken, so it is skipped then.
"""

from __future__ import annotations

import base64
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from sessionload.suite.context import Issued, RuleContext, RuleResult, redirected_to
from sessionload.suite.expectation import CaseStatus
from sessionload.units import duration_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.suite.expectation import Observed

GROUP = "law"
PARALLEL = 10
_STRANGER = "sessionload-stranger.invalid"


@dataclass(frozen=True, slots=True)
class Rule:
    """One law: its sentence, what it costs, and the laws that it stands on.

    `turns` tells that it takes turns of a conversation, which are paid for. `first` tells that it needs the
    plainest valid request to have been answered as the document says.
    """

    name: str
    sentence: str
    expected: str
    check: Callable[[RuleContext], RuleResult]
    requests: int = 0
    stands_on: tuple[str, ...] = ()
    turns: bool = False
    first: bool = True


RULES: list[Rule] = []


def _rule(
    name: str,
    sentence: str,
    expected: str,
    *,
    requests: int = 0,
    stands_on: tuple[str, ...] = (),
    turns: bool = False,
    first: bool = True,
) -> Callable[[Callable[[RuleContext], RuleResult]], Callable[[RuleContext], RuleResult]]:
    def register(check: Callable[[RuleContext], RuleResult]) -> Callable[[RuleContext], RuleResult]:
        on = tuple(f"{GROUP}/{other}" for other in stands_on)
        RULES.append(Rule(f"{GROUP}/{name}", sentence, expected, check, requests, on, turns, first))
        return check

    return register


@_rule("key-is-not-the-user-id", "A session key is not the ID of its user", "no key that is a user ID")
def key_is_not_the_user_id(evidence: RuleContext) -> RuleResult:
    """Look at every key that was issued."""
    return _of_keys(evidence, [one for one in evidence.issued if one.key == one.user], "is the user ID")


@_rule(
    "key-is-text",
    "A session key is text without control characters",
    "no key with a control character",
    stands_on=("key-is-not-the-user-id",),
)
def key_is_text(evidence: RuleContext) -> RuleResult:
    """Look at every key that was issued."""
    bad = [one for one in evidence.issued if any(unicodedata.category(char) == "Cc" for char in one.key)]
    return _of_keys(evidence, bad, "has a control character in it")


@_rule("key-is-not-the-api-key", "A session key is not the API key", "no key that has the API key in it")
def key_is_not_the_api_key(evidence: RuleContext) -> RuleResult:
    """Look at every key that was issued."""
    secret = evidence.environment.key.reveal() if evidence.environment.key else "\0"
    return _of_keys(evidence, [one for one in evidence.issued if secret in one.key], "is the API key")


@_rule(
    "keys-differ-between-users",
    "No two users are given the same session key",
    "a key of its own for each user",
    requests=1,
    stands_on=("key-is-not-the-api-key",),
)
def keys_differ_between_users(evidence: RuleContext) -> RuleResult:
    """Start a session for one more user, and compare all keys that were issued."""
    evidence.start("law/keys-differ-between-users", evidence.users.named("another"))
    owners: dict[str, set[str]] = {}
    for one in evidence.issued:
        owners.setdefault(one.key, set()).add(one.user)
    most = max(len(users) for users in owners.values())
    if most > 1:
        return RuleResult(
            CaseStatus.VIOLATED, f"{most} users were given one and the same key", evidence.ordinary
        )
    everybody = len({one.user for one in evidence.issued})
    return RuleResult(CaseStatus.KEPT, f"{everybody} users, {len(owners)} keys")


@_rule(
    "keys-differ-between-starts",
    "A user who starts again is given another session key",
    "another key each time",
    requests=2,
    stands_on=("keys-differ-between-users", "key-is-not-the-user-id"),
)
def keys_differ_between_starts(evidence: RuleContext) -> RuleResult:
    """Start two sessions for one user."""
    user = evidence.users.named("again")
    keys = [evidence.start("law/keys-differ-between-starts", user) for _ in range(2)]
    if keys[0] == keys[1]:
        return RuleResult(
            CaseStatus.VIOLATED, "the second start was given the first one's key", evidence.start_of(user)
        )
    return RuleResult(CaseStatus.KEPT, "2 starts, 2 keys")


@_rule(
    "start-ends-earlier-session",
    "Starting again ends the earlier session of the user",
    "the earlier key is refused, the new one accepted",
    requests=4,
    stands_on=("keys-differ-between-starts", "key-is-text"),
    turns=True,
)
def start_ends_the_earlier_session(evidence: RuleContext) -> RuleResult:
    """Start two sessions for one user, and take a turn with either key."""
    name = "law/start-ends-earlier-session"
    user = evidence.users.named("ended")
    earlier, new = (evidence.start(name, user) for _ in range(2))
    earlier_opens, new_opens = evidence.opens(name, earlier), evidence.opens(name, new)
    if earlier_opens:
        return RuleResult(CaseStatus.VIOLATED, "the earlier key is still accepted", evidence.start_of(user))
    if not new_opens:
        return RuleResult(CaseStatus.VIOLATED, "the new key is refused too", evidence.start_of(user))
    return RuleResult(CaseStatus.KEPT, "the earlier key was refused, the new one accepted")


@_rule(
    "parallel-starts-leave-one",
    f"{PARALLEL} starts of one user at once leave exactly one live session",
    "exactly one key is accepted",
    requests=2 * PARALLEL,
    stands_on=("start-ends-earlier-session",),
    turns=True,
)
def parallel_starts_leave_one_session(evidence: RuleContext) -> RuleResult:
    """Start sessions for one user at the same time, and take a turn with each key."""
    name = "law/parallel-starts-leave-one"
    request = evidence.start_of(evidence.users.named("parallel"))
    answers = evidence.caller.call_together([request] * PARALLEL)
    keys = [evidence.key_in(name, request, observed) for observed in answers]
    live = sum([evidence.opens(name, key) for key in dict.fromkeys(keys)])
    words = f"{live} of {len(keys)} keys are accepted"
    return (
        RuleResult(CaseStatus.KEPT, words) if live == 1 else RuleResult(CaseStatus.VIOLATED, words, request)
    )


@_rule(
    "no-redirect-elsewhere", "No answer redirects to another host", "no redirect to another host", first=False
)
def no_redirect_elsewhere(evidence: RuleContext) -> RuleResult:
    """Look at every answer."""
    for answer in evidence.answers:
        where = redirected_to(evidence, answer.observed)
        if where:
            words = f"{answer.observed.status} in {answer.name}, to {where}"
            return RuleResult(CaseStatus.VIOLATED, words, answer.request)
    return RuleResult(CaseStatus.KEPT, f"{len(evidence.answers)} answers")


@_rule(
    "api-key-is-not-shown",
    "No answer repeats the API key",
    "the API key is in no body and in no header",
    stands_on=("key-is-not-the-api-key",),
    first=False,
)
def api_key_is_not_shown(evidence: RuleContext) -> RuleResult:
    """Look at every answer to a request that carried the API key, for the key in the usual forms."""
    for answer in evidence.answers:
        place = _shown_in(evidence, answer.observed)
        if place:
            return RuleResult(
                CaseStatus.VIOLATED, f"it is in {place} of the answer in {answer.name}", answer.request
            )
    return RuleResult(CaseStatus.KEPT, f"{len(evidence.answers)} answers")


@_rule(
    "tls-is-verified",
    "Only a certificate for this host, from an authority that is trusted, is good enough",
    "another name, and no authority, are both refused by the client",
    requests=2,
    first=False,
)
def tls_is_verified(evidence: RuleContext) -> RuleResult:
    """Call the same server as somebody who wants another name, and as somebody who trusts nobody."""
    if not evidence.environment.tls:
        return RuleResult(
            CaseStatus.SKIPPED, "this environment is plain HTTP on this machine: there is no certificate"
        )
    keyless = replace(evidence.ordinary, headers=())
    for host, words in ((_STRANGER, "for another host"), (None, "of an unknown authority")):
        observed = evidence.caller.meet_stranger(keyless, host)
        if observed.failure is None or observed.failure.cause != "tls":
            return RuleResult(CaseStatus.VIOLATED, f"a certificate {words} was not refused")
    return RuleResult(CaseStatus.KEPT, "a certificate for another host or of an unknown authority is refused")


@_rule("response-time", "How long single session starts took, for information", "any time")
def response_time(evidence: RuleContext) -> RuleResult:
    """Look at the answers that gave a session; the times include connecting."""
    times = sorted(answer.observed.elapsed_ns for answer in evidence.answers if answer.started)
    middle = times[len(times) // 2]
    words = f"{duration_text(middle)} in the middle of {len(times)}, {duration_text(times[-1])} at most"
    return RuleResult(CaseStatus.KEPT, f"{words}, connecting included", elapsed_ns=middle)


def _of_keys(evidence: RuleContext, bad: list[Issued], words: str) -> RuleResult:
    if bad:
        return RuleResult(CaseStatus.VIOLATED, f"a key {words}", evidence.start_of(bad[0].user))
    return RuleResult(CaseStatus.KEPT, f"{len(evidence.issued)} keys")


def _shown_in(evidence: RuleContext, observed: Observed) -> str | None:
    if evidence.environment.key is None:
        return None
    secret = evidence.environment.key.reveal()
    forms = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")}
    body = observed.body.decode("latin-1")
    if any(form in body for form in forms):
        return "the body"
    if any(form in value for form in forms for _, value in observed.headers):
        return "a header"
    return None
