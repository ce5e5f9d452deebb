"""What keeps a run from an environment that others depend on: rate, size, and its name typed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.errors import InputError, Place

if TYPE_CHECKING:
    from sessionload.config.environment import Environment
    from sessionload.config.scenario import Scenario


def guard(
    scenario: Scenario,
    environment: Environment,
    confirmed: str | None = None,
    *,
    with_interact: bool = False,
    sends: bool = True,
) -> None:
    """Raise `InputError` when a run that the environment does not want is about to begin.

    That is one that is too fast for it (rate-over-limit), one with more session starts than it allows
    (too-many-sessions) or more turns (too-many-turns), or one against a protected environment that was not
    confirmed (not-confirmed); turns are confirmed there for themselves (turns-not-confirmed). What was
    confirmed where nothing has to be is refused too: somebody believes in a protection that is not there.

    `confirmed` is the name that a person gave with `--confirm`, and `with_interact` whether they gave
    `--with-interact`. Where nothing is sent (not `sends`), nothing has to be confirmed.
    """
    peak, limit = scenario.schedule.peak, environment.max_rate
    if limit is not None and peak > limit:
        rates = f"{float(peak):.12g}/s is over the max_rate {float(limit):.12g}/s"  # not rounded to be alike
        message = f"the peak rate {rates} of '{environment.name}'"
        raise InputError(
            "rate-over-limit",
            message,
            place=scenario.peak_at,
            hint="lower the rate, or raise max_rate if the owner of that environment agrees",
        )
    planned, most = scenario.schedule.planned(), environment.max_sessions
    if most is not None and planned > most:
        raise InputError(
            "too-many-sessions",
            f"{planned:,} session starts are over the max_sessions {most:,} of '{environment.name}'",
            place=scenario.peak_at,
            hint="shorten the run, or raise max_sessions if the owner of that environment agrees",
        )
    if sends or confirmed is not None:
        refuse_unconfirmed(environment, confirmed, scenario.environment_at)
    _guard_turns(scenario, environment, with_interact=with_interact, sends=sends)


def _guard_turns(scenario: Scenario, environment: Environment, *, with_interact: bool, sends: bool) -> None:
    turns = scenario.turns
    if turns is None:
        if with_interact:
            raise InputError(
                "option-without-meaning",
                f"the scenario '{scenario.name}' takes no turns, so there is nothing to confirm",
                place=Place("--with-interact"),
                hint="leave it out, or add 'turns' to the scenario",
            )
        return
    planned, most = most_turns(scenario), environment.max_turns
    if most is not None and planned > most:
        raise InputError(
            "too-many-turns",
            f"{planned:,} turns are over the max_turns {most:,} of '{environment.name}'",
            place=scenario.turns_at,
            hint="lower the share, or raise max_turns if the owner of that environment agrees",
        )
    if environment.protected and sends and not with_interact:
        raise InputError(
            "turns-not-confirmed",
            f"the environment '{environment.name}' is protected, and turns may be paid for",
            place=scenario.turns_at,
            hint="say --with-interact too if that is meant, or remove 'turns'",
        )


def most_turns(scenario: Scenario) -> int:
    """Return how many turns a run takes at most: those of its script, and those with earlier keys."""
    turns = scenario.turns
    if turns is None:
        return 0
    takers = turns.takers(scenario.schedule.planned(), scenario.seed)
    return takers * (len(turns.say) + scenario.users_return)


def still_to_confirm(scenario: Scenario, environment: Environment) -> str:
    """Return the options that a run of a plan needs; empty where there is nothing to confirm."""
    if not environment.protected:
        return ""
    return f"--confirm {environment.name}{' --with-interact' if scenario.turns else ''}"


def refuse_unconfirmed(environment: Environment, confirmed: str | None, place: Place) -> None:
    """Raise `InputError` (not-confirmed, option-without-meaning) about `--confirm`; see `guard`."""
    if confirmed is not None and not environment.protected:
        message = f"the environment '{environment.name}' is not protected, so there is nothing to confirm"
        hint = "leave it out, or add protected: true to the environment if each run there shall be confirmed"
        raise InputError("option-without-meaning", message, place=Place("--confirm"), hint=hint)
    if environment.protected and confirmed != environment.name:
        message = f"the environment '{environment.name}' is protected, and each session started there counts"
        raise InputError(
            "not-confirmed", message, place=place, hint=f"say --confirm {environment.name} if that is meant"
        )
