"""A scenario file, checked: who arrives, how fast, for how long, and what must hold.

`Scenario.resolved` has every default written out and is a scenario itself: checking it gives the same run.
A scenario without a target is refused, because no evidence is no pass. Whether user IDs are unique and fit
the contract depends on the run ID and the contract too, so `check_ids` asks that once both are known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from sessionload.config.load import Load, check_load
from sessionload.config.mistakes import Mistakes
from sessionload.config.node import Node
from sessionload.config.other_tools import parse_written_target
from sessionload.config.over_time_targets import check_over_time
from sessionload.config.reference import refuse_references
from sessionload.config.scale import UNSCALED, Scale
from sessionload.config.slo import check_slo
from sessionload.config.stages import EXAMPLE
from sessionload.config.target_stages import check_stages, longest_window_ns, refuse_too_long
from sessionload.config.turns import check_turns, refuse_unmeasured
from sessionload.config.users import check_users
from sessionload.contract.request.id_patterns import id_patterns, literal
from sessionload.errors import InputError, Place
from sessionload.units import NS
from sessionload.workload.user_ids import UserIds, extremes, fault_in, spread_user_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sessionload.config.arrivals import ReadInstants
    from sessionload.config.document import Document
    from sessionload.config.user_file import UserFile
    from sessionload.contract.request.further_property import FurtherProperty
    from sessionload.verdict.evidence import Limits
    from sessionload.verdict.targets import Target
    from sessionload.workload.schedule import Schedule
    from sessionload.workload.stage import Stage
    from sessionload.workload.text_list import TextList
    from sessionload.workload.trace import Tracing
    from sessionload.workload.turns import Turns

KEYS = ("name", "description", "environment", "users", "load", "turns", "targets", "slo", "seed", "scale")
TARGET_KEYS = ("expr", "stage", "stages", "window", "abort")

_TARGET = "p95 < 400ms"
_EXAMPLE = f"write it like {_TARGET}"
_LARGEST_SEED = 2**63 - 1
_MOST_ASKED = 20_000
"""So many IDs are asked about: that takes less than half a second."""
_MOST_TARGETS = 100
_MOST_TRIED = 20
"""So many IDs are made to try a cure."""
_NO_COLUMNS: Mapping[str, TextList] = {}
_NO_FACTS: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is to be run. Times are nanoseconds."""

    name: str
    description: str
    environment: str
    environment_at: Place
    """Where the environment was named."""
    users: UserIds
    user_file: UserFile | None
    """The file that the IDs are still in; see `with_ids`."""
    further: tuple[FurtherProperty, ...]
    """What requests have besides the user ID; `with_ids` brings what is in the file."""
    users_at: Place
    schedule: Schedule
    timeout_ns: int
    patience_ns: int | None
    """How long an arrival waits to be sent before it gives up; `None` if it does not."""
    max_in_flight: int
    connections: str
    """`reuse` or `per_session`."""
    addresses: str
    """`all` or `first`: which addresses of the host's name get connections."""
    tls_resumption: bool
    """Whether a new connection may take up an earlier TLS session."""
    tracing: Tracing
    """Which headers name an arrival to the server."""
    limits: Limits
    peak_at: Place
    """Where the highest rate was written."""
    turns: Turns | None
    """The turns that some arrivals take, if any."""
    turns_at: Place
    """Where these were written; else where the load was."""
    targets: tuple[Target, ...]
    seed: int
    resolved: Mapping[str, Any]
    """The scenario with every default, as plain data with its units."""

    @property
    def users_return(self) -> bool:
        """Whether a user may start another session."""
        return self.users.returning is not None or not self.users.unique

    @classmethod
    def check(cls, document: Document, read: ReadInstants | None = None) -> Scenario:
        """Return the scenario that a document says. Raises `InputError`.

        `read` gets the instants of a file of arrivals; without it, such a file stands for a single one.
        """
        document.refuse_literal_keys()
        refuse_references(document)
        top = Node.top(document)
        top.names()  # else there is nothing to look into
        environment = top.get("environment") or top.unwritten("environment", "stub")
        mistakes = Mistakes()
        seed = 1
        good_load: Load | None = None
        with mistakes:
            top.mapping(KEYS)
        with mistakes:
            name = top.need("name", "launch").a_name()
        with mistakes:
            description_node = top.get("description")
            description = description_node.text() if description_node else ""
        with mistakes:
            environment.a_name()
        with mistakes:
            seed_node = top.get("seed")
            seed = seed_node.integer(0, _LARGEST_SEED) if seed_node else seed
        scale = UNSCALED
        with mistakes:
            scale_node = top.get("scale")
            scale = Scale.check(scale_node) if scale_node else scale
        with mistakes:
            users = check_users(top.need("users", '{id: "user-{run}-{n}"}'))
        with mistakes:
            good_load = load = check_load(
                top.need("load", f"{{stages: [{EXAMPLE}]}}"), seed=seed, scale=scale, read=read
            )
        turns: Turns | None = None
        with mistakes:
            turns_node = top.get("turns")
            checked = (
                check_turns(turns_node, good_load.schedule if good_load else None) if turns_node else None
            )
            turns = checked[0] if checked else None
        with mistakes:
            targets = _targets(top.need("targets", f"[{_TARGET}]"), good_load, scaled=bool(scale_node))
        slo = {}
        with mistakes:
            slo_node = top.get("slo")
            slo = {"slo": check_slo(slo_node)} if slo_node else {}
        mistakes.end()
        refuse_unmeasured(top.need("targets", ""), targets, turns)
        resolved = {
            "name": name,
            "description": description,
            "environment": environment.a_name(),
            "users": users.resolved,
            "load": load.resolved,
            **({"turns": checked[1]} if checked else {}),
            "targets": list(map(_resolved, top.need("targets", "").items(), targets)),
            **slo,
            "seed": seed,
            **({"scale": dict(scale_node.value)} if scale_node else {}),
        }
        if not description:
            del resolved["description"]
        return cls(
            name=name,
            description=description,
            environment=environment.a_name(),
            environment_at=environment.place,
            users=users.ids,
            user_file=users.file,
            further=users.further,
            users_at=users.place,
            schedule=load.schedule,
            timeout_ns=load.timeout_ns,
            patience_ns=load.patience_ns,
            max_in_flight=load.max_in_flight,
            connections=load.connections,
            addresses=load.addresses,
            tls_resumption=load.tls_resumption,
            tracing=load.tracing,
            limits=load.limits,
            peak_at=load.peak_at,
            turns=turns,
            turns_at=(turns_node or top.need("load", "")).place,
            targets=targets,
            seed=seed,
            resolved=resolved,
        )

    def with_ids(self, ids: TextList, columns: Mapping[str, TextList] = _NO_COLUMNS) -> Scenario:
        """Return the scenario with the IDs of its `user_file`, and what other columns have beside them."""
        further = (replace(each, values=columns.get(each.column or "", each.values)) for each in self.further)
        users = replace(self.users, ids=ids)
        return replace(self, users=users, user_file=None, further=tuple(further))

    def check_ids(
        self,
        violation_of: Callable[[str], str | None],
        run_id: str,
        *,
        by_length: bool = False,
        facts: Mapping[str, Any] = _NO_FACTS,
    ) -> None:
        """Raise `InputError` (bad-user-id) unless all user IDs of the run can be sent.

        `violation_of` returns what the contract has against an ID, in words to follow it, or `None`. It is
        asked about a shortest and a longest ID, which is enough where the contract has only a length to ask
        (`by_length`), and else also about each, or about 20,000 that are evenly spread. IDs that must be
        unique are compared; Poisson arrivals are counted one by one for that. `facts` is what the contract
        says of an ID, from which a cure may follow.
        """
        planned = self.schedule.planned()
        problem = fault_in(self.users, planned, run_id=run_id)
        if problem:
            raise InputError("bad-user-id", problem.message, place=self.users_at, hint=problem.cure)
        ends = extremes(self.users, planned, run_id=run_id, seed=self.seed)
        most = 0 if by_length else _MOST_ASKED
        others = spread_user_ids(self.users, planned, run_id=run_id, seed=self.seed, most=most)
        for user_id in chain(ends, others):
            violation = violation_of(user_id)
            if violation:
                raise InputError(
                    "bad-user-id",
                    f"a user ID of this run {violation}",
                    place=self.users_at,
                    hint=self._cure(violation_of, facts, run_id, planned),
                )

    def _cure(
        self,
        violation_of: Callable[[str], str | None],
        facts: Mapping[str, Any],
        run_id: str,
        planned: int,
    ) -> str:
        """Return how to write `users.id`, tried with the IDs that it would give; where that can be found."""
        otherwise = "" if self.users.ids is None else "correct the file, or "
        for listed in (*facts.get("enum", ()), facts.get("const")):
            if isinstance(listed, str) and violation_of(listed) is None:
                one = json.dumps(literal(listed), ensure_ascii=False)
                return f"{otherwise}write one that the contract lists, like id: {one}, with unique: false"
        for pattern in id_patterns(facts):
            users = replace(self.users, pattern=pattern, ids=None)
            ends = extremes(users, planned, run_id=run_id, seed=self.seed)
            others = spread_user_ids(users, planned, run_id=run_id, seed=self.seed, most=_MOST_TRIED)
            if all(violation_of(user_id) is None for user_id in chain(ends, others)):
                return f"{otherwise}write id: {json.dumps(pattern, ensure_ascii=False)}"
        return f"{otherwise}change users.id, so that every ID is one that the contract allows"


def _targets(node: Node, load: Load | None, *, scaled: bool) -> tuple[Target, ...]:
    items = node.items()
    if not items:
        message = "there is no target, and without one no run could pass"
        raise node.refuse("no-target", message, f"add - {_TARGET}")
    if len(items) > _MOST_TARGETS:
        raise node.refuse(
            "too-long", f"{node.name} has more than {_MOST_TARGETS} items", "keep those that matter"
        )
    targets, mistakes = [], Mistakes()
    for item in items:
        with mistakes:
            targets.append(_target(item, load.schedule.stages if load else None, scaled=scaled))
    mistakes.end()
    return tuple(targets)


def _target(node: Node, stages: Sequence[Stage] | None, *, scaled: bool) -> Target:
    """Return a target; without `stages`, which have mistakes of their own, it is not held against them.

    In a scenario that is `scaled`, a window that has no room is as long as there is room for.
    """
    if not isinstance(node.value, dict):
        return _held_against(stages, node, node.parsed(parse_written_target, "bad-target", _EXAMPLE), scaled)
    node.mapping(TARGET_KEYS)
    window = node.get("window")
    window_ns = window.duration() if window else None
    names = check_stages(node, stages)
    if window_ns and stages and scaled:
        window_ns = min(window_ns, max(NS, longest_window_ns(stages, names)))
    if window and stages and not scaled:
        refuse_too_long(window, stages, names)
    abort = node.get("abort")
    aborts = abort.boolean() if abort else False

    def parse(expr: str) -> Target:
        return parse_written_target(expr, window_ns=window_ns, abort=aborts, stages=names)

    expr = node.need("expr", _TARGET)
    return _held_against(stages, expr, expr.parsed(parse, "bad-target", _EXAMPLE), scaled)


def _held_against(stages: Sequence[Stage] | None, node: Node, target: Target, scaled: bool) -> Target:  # noqa: FBT001
    metric = target.metric.over_time
    if stages is not None and metric is not None:
        check_over_time(node, metric, target.stages, stages, scaled=scaled)
    return target


def _resolved(node: Node, target: Target) -> Any:  # noqa: ANN401 -- plain data
    if not isinstance(node.value, dict):
        return node.value
    window = node.get("window")
    shortened = window is not None and window.duration() != target.window_ns
    return {**node.value, "window": f"{target.window_s}s"} if shortened else dict(node.value)
