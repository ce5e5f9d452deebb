"""Rules of the contract that no schema can say: about several responses, or about what a response may reveal.

Each rule is one function with one requirement, and its result is about that requirement only. A rule looks
at the responses that the cases have brought, and sends a few more requests where those are not enough. When
one of the rules that a rule depends on is broken, its own result would show nothing, so it is skipped.
"""

from __future__ import annotations

import base64
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from sessionload.suite.context import Issued, RuleContext, RuleResult, redirected_to, texts_in
from sessionload.suite.expectation import CaseStatus
from sessionload.units import duration_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sessionload.suite.expectation import Observed
    from sessionload.suite.similar_users import SimilarUsers

GROUP = "law"
PARALLEL = 10
_STRANGER = "sessionload-stranger.invalid"
_SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its requirement, how many requests it sends, and what it depends on.

    `turns`: it takes turns of a conversation, which are paid for. `needs_first`: the plainest valid request
    must have been answered as the document says.
    """

    name: str
    requirement: str
    expected: str
    check: Callable[[RuleContext], RuleResult]
    requests: int = 0
    depends_on: tuple[str, ...] = ()
    turns: bool = False
    needs_first: bool = True


RULES: list[Rule] = []


def _rule(
    name: str,
    requirement: str,
    expected: str,
    *,
    requests: int = 0,
    depends_on: tuple[str, ...] = (),
    turns: bool = False,
    needs_first: bool = True,
) -> Callable[[Callable[[RuleContext], RuleResult]], Callable[[RuleContext], RuleResult]]:
    def register(check: Callable[[RuleContext], RuleResult]) -> Callable[[RuleContext], RuleResult]:
        dependencies = tuple(f"{GROUP}/{other}" for other in depends_on)
        RULES.append(
            Rule(f"{GROUP}/{name}", requirement, expected, check, requests, dependencies, turns, needs_first)
        )
        return check

    return register


@_rule("key-is-not-the-user-id", "A session key is not the ID of its user", "no key that is a user ID")
def key_is_not_the_user_id(context: RuleContext) -> RuleResult:
    """Look at every key that was issued."""
    return _of_keys(
        context, [issued for issued in context.issued if issued.key == issued.user], "is the user ID"
    )


@_rule(
    "key-is-text",
    "A session key is text without control characters",
    "no key with a control character",
    depends_on=("key-is-not-the-user-id",),
)
def key_is_text(context: RuleContext) -> RuleResult:
    """Look at every key that was issued."""
    bad = [
        issued for issued in context.issued if any(unicodedata.category(char) == "Cc" for char in issued.key)
    ]
    return _of_keys(context, bad, "has a control character in it")


@_rule("key-is-not-the-api-key", "A session key is not the API key", "no key that has the API key in it")
def key_is_not_the_api_key(context: RuleContext) -> RuleResult:
    """Look at every key that was issued."""
    secret = context.environment.key.reveal() if context.environment.key else "\0"
    return _of_keys(context, [issued for issued in context.issued if secret in issued.key], "is the API key")


@_rule(
    "keys-differ-between-users",
    "No two users are given the same session key",
    "a key of its own for each user",
    requests=1,
    depends_on=("key-is-not-the-api-key",),
)
def keys_differ_between_users(context: RuleContext) -> RuleResult:
    """Start a session for one more user, and compare all keys that were issued."""
    context.start("law/keys-differ-between-users", context.users.named("another"))
    owners: dict[str, set[str]] = {}
    for issued in context.issued:
        owners.setdefault(issued.key, set()).add(issued.user)
    most = max(len(users) for users in owners.values())
    if most > 1:
        return RuleResult(
            CaseStatus.VIOLATED, f"{most} users were given one and the same key", context.ordinary
        )
    users = len({issued.user for issued in context.issued})
    return RuleResult(CaseStatus.KEPT, f"{users} users, {len(owners)} keys")


@_rule(
    "similar-users-other-keys",
    "User IDs that differ only in a space, in case or in Unicode form are given keys of their own",
    "another key for each, and no answer that names the other user",
    requests=6,
    depends_on=("keys-differ-between-users",),
)
def similar_users_have_other_keys(context: RuleContext) -> RuleResult:
    """Start sessions for each pair; look at the keys, and for the one user in the answer to the other."""
    pairs = context.similar_users()
    for pair in pairs:
        keys = [context.start("law/similar-users-other-keys", user) for user in (pair.one, pair.other)]
        what = "was given the same key as" if keys[0] == keys[1] else ""
        if pair.one in texts_in(context.calls[-1].observed.body):
            what = "was answered with"
        if what:
            text = f"a user ID with {pair.difference} {what} the plain one"
            return RuleResult(CaseStatus.VIOLATED, text, context.start_request(pair.other))
    return _of_pairs(pairs)


@_rule(
    "keys-differ-between-starts",
    "A user who starts again is given another session key",
    "another key each time",
    requests=2,
    depends_on=("keys-differ-between-users", "key-is-not-the-user-id"),
)
def keys_differ_between_starts(context: RuleContext) -> RuleResult:
    """Start two sessions for one user."""
    user = context.users.named("again")
    keys = [context.start("law/keys-differ-between-starts", user) for _ in range(2)]
    if keys[0] == keys[1]:
        return RuleResult(
            CaseStatus.VIOLATED, "the second start was given the first one's key", context.start_request(user)
        )
    return RuleResult(CaseStatus.KEPT, "2 starts, 2 keys")


@_rule(
    "start-ends-earlier-session",
    "Starting again ends the earlier session of the user",
    "the earlier key is refused, the new one accepted",
    requests=4,
    depends_on=("keys-differ-between-starts", "key-is-text"),
    turns=True,
)
def start_ends_the_earlier_session(context: RuleContext) -> RuleResult:
    """Start two sessions for one user, and take a turn with either key."""
    name = "law/start-ends-earlier-session"
    user = context.users.named("ended")
    earlier, new = (context.start(name, user) for _ in range(2))
    earlier_accepted, new_accepted = context.accepts(name, earlier), context.accepts(name, new)
    if earlier_accepted:
        return RuleResult(
            CaseStatus.VIOLATED, "the earlier key is still accepted", context.start_request(user)
        )
    if not new_accepted:
        return RuleResult(CaseStatus.VIOLATED, "the new key is refused too", context.start_request(user))
    return RuleResult(CaseStatus.KEPT, "the earlier key was refused, the new one accepted")


@_rule(
    "parallel-starts-leave-one",
    f"{PARALLEL} starts of one user at once leave exactly one live session",
    "exactly one key is accepted",
    requests=2 * PARALLEL,
    depends_on=("start-ends-earlier-session",),
    turns=True,
)
def parallel_starts_leave_one_session(context: RuleContext) -> RuleResult:
    """Start sessions for one user at the same time, and take a turn with each key."""
    name = "law/parallel-starts-leave-one"
    request = context.start_request(context.users.named("parallel"))
    answers = context.client.call_together([request] * PARALLEL)
    keys = [context.session_key_from(name, request, observed) for observed in answers]
    live = sum([context.accepts(name, key) for key in dict.fromkeys(keys)])
    text = f"{live} of {len(keys)} keys are accepted"
    return RuleResult(CaseStatus.KEPT, text) if live == 1 else RuleResult(CaseStatus.VIOLATED, text, request)


@_rule(
    "similar-users-stay-apart",
    "A start ends no session of a user whose ID differs only in a space, in case or in Unicode form",
    "the key of the other user is still accepted",
    requests=9,
    depends_on=("similar-users-other-keys", "start-ends-earlier-session"),
    turns=True,
)
def similar_users_stay_apart(context: RuleContext) -> RuleResult:
    """Start a session for either of each pair, and take a turn with the first key."""
    name = "law/similar-users-stay-apart"
    pairs = context.similar_users()
    for pair in pairs:
        first, _ = (context.start(name, user) for user in (pair.one, pair.other))
        if not context.accepts(name, first):
            text = f"a start for a user ID with {pair.difference} ended the session of the plain one"
            return RuleResult(CaseStatus.VIOLATED, text, context.start_request(pair.other))
    return _of_pairs(pairs)


@_rule(
    "no-redirect-elsewhere",
    "No answer redirects to another host",
    "no redirect to another host",
    needs_first=False,
)
def no_redirect_elsewhere(context: RuleContext) -> RuleResult:
    """Look at every answer."""
    for call in context.calls:
        where = redirected_to(context, call.observed)
        if where:
            text = f"{call.observed.status} in {call.name}, to {where}"
            return RuleResult(CaseStatus.VIOLATED, text, call.request)
    return RuleResult(CaseStatus.KEPT, f"{len(context.calls)} answers")


@_rule(
    "api-key-is-not-shown",
    "No answer repeats the API key or another secret of the environment",
    "no secret is in a body or in a header",
    depends_on=("key-is-not-the-api-key",),
    needs_first=False,
)
def api_key_is_not_shown(context: RuleContext) -> RuleResult:
    """Look at every answer for each secret that a request may have carried, in the usual forms."""
    for call in context.calls:
        for what, secret in context.secrets.items():
            place = _place_of(secret, call.observed)
            if place:
                text = f"{what} is in {place} of the answer in {call.name}"
                return RuleResult(CaseStatus.VIOLATED, text, call.request)
    return RuleResult(CaseStatus.KEPT, f"{len(context.calls)} answers")


@_rule(
    "tls-is-verified",
    "Only a certificate for this host, from an authority that is trusted, is good enough",
    "another name, and no authority, are both refused by the client",
    requests=2,
    needs_first=False,
)
def tls_is_verified(context: RuleContext) -> RuleResult:
    """Call the same server as a client that expects another name, and as one that trusts no authority."""
    if not context.environment.tls:
        return RuleResult(
            CaseStatus.SKIPPED, "this environment is plain HTTP on this machine: there is no certificate"
        )
    keyless = replace(context.ordinary, headers=())
    for host, text in ((_STRANGER, "for another host"), (None, "of an unknown authority")):
        observed = context.client.meet_stranger(keyless, host)
        if observed.failure is None or not observed.failure.cause.startswith("connection/tls"):
            return RuleResult(CaseStatus.VIOLATED, f"a certificate {text} was not refused")
    return RuleResult(CaseStatus.KEPT, "a certificate for another host or of an unknown authority is refused")


@_rule("response-time", "How long single session starts took, for information", "any time")
def response_time(context: RuleContext) -> RuleResult:
    """Look at the answers that gave a session; the times include connecting."""
    times = sorted(call.observed.elapsed_ns for call in context.calls if call.started)
    if not times:
        return RuleResult(CaseStatus.SKIPPED, "no session was started")
    middle = times[len(times) // 2]
    text = f"{duration_text(middle)} in the middle of {len(times)}, {duration_text(times[-1])} at most"
    return RuleResult(CaseStatus.KEPT, f"{text}, connecting included", elapsed_ns=middle)


def _of_keys(context: RuleContext, bad: list[Issued], text: str) -> RuleResult:
    if bad:
        return RuleResult(CaseStatus.VIOLATED, f"a key {text}", context.start_request(bad[0].user))
    return RuleResult(CaseStatus.KEPT, f"{len(context.issued)} keys")


def _of_pairs(pairs: Sequence[SimilarUsers]) -> RuleResult:
    if pairs:
        return RuleResult(CaseStatus.KEPT, f"{len(pairs)} pairs of users")
    return RuleResult(CaseStatus.SKIPPED, "the document allows no two user IDs that differ in so little")


def _place_of(secret: str, observed: Observed) -> str | None:
    """Return where an answer has a secret. One that is shorter than a key may be there by chance."""
    if len(secret) < _SHORTEST_SECRET:
        return None
    forms = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")}
    body = observed.body.decode("latin-1")
    if any(form in body for form in forms):
        return "the body"
    if any(form in value for form in forms for _, value in observed.headers):
        return "a header"
    return None
