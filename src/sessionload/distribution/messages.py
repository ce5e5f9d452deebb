"""What master and workers say to each other, each kind under a name of its own.

Both sides check what comes in against these types: whoever can reach a port may send anything. There is never
a key in a message. A hello and its refusal may have fields that are not known here, so that versions that
differ can say so.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct, ValidationError, convert, to_builtins

from sessionload.metrics.bounds import Count

Sentence = Annotated[str, Meta(max_length=2000)]
Version = Annotated[str, Meta(max_length=100)]
Digest = Annotated[str, Meta(max_length=64)]


class Hello(Struct, tag="sessionload-hello"):
    """A worker is there, and would like to know what to do."""

    version: Version
    process: Count = 0
    """Its process id, by which the master knows those that it has started."""
    host: Version = ""
    """The name of its machine, for people; empty on the master's own."""
    scenario: Digest = ""
    contract: Digest = ""
    """Of a worker that has files of its own: they have to be those of the run."""


class Refused(Struct, tag="sessionload-refused"):
    """There is no part in a run for this worker; a mismatch is one that no other run would mend."""

    reason: Sentence
    mismatch: bool = False


class Brief(Struct, forbid_unknown_fields=True, tag="sessionload-brief"):
    """The inputs of the run, as `RunInputs.pieces` has them, for the worker with this number."""

    worker: Count
    inputs: bytes


class Ready(Struct, forbid_unknown_fields=True, tag="sessionload-ready"):
    """The worker has checked the inputs and started one session; or it says why it cannot take part."""

    refusal: Sentence = ""
    environment: Digest = ""
    """Of the environment as it follows from the worker's own variables."""


class Leave(Struct, forbid_unknown_fields=True, tag="sessionload-leave"):
    """The worker was told to end: what is not due yet should be dealt to others, and then it drains."""


class Ping(Struct, forbid_unknown_fields=True, tag="sessionload-ping"):
    """The master asks what time it is."""

    sent_ns: int


class Pong(Struct, forbid_unknown_fields=True, tag="sessionload-pong"):
    """The worker's answer by its own clock (monotonic)."""

    sent_ns: int
    at_ns: int


class Start(Struct, forbid_unknown_fields=True, tag="sessionload-start"):
    """The schedule starts at an instant of the worker's clock, and this is the worker's part of it."""

    origin_ns: int
    first: Count
    stripe: Count
    stripes: Count
    deal: Count
    key_salt: Annotated[bytes, Meta(max_length=64)] = b""
    """Under which session keys are hashed, to be compared with those of other workers."""


class Deal(Struct, forbid_unknown_fields=True, tag="sessionload-deal"):
    """From arrival `first` on the worker performs this stripe, and nothing else. Deals are numbered."""

    first: Count
    stripe: Count
    stripes: Count
    deal: Count


class Alive(Struct, forbid_unknown_fields=True, tag="sessionload-alive"):
    """The worker is there at this instant of its clock, and this is the newest deal that it knows."""

    sent_ns: Count
    deal: Count


class Lease(Struct, forbid_unknown_fields=True, tag="sessionload-lease"):
    """The answer to `Alive`: until this instant of its clock the worker may send what it was dealt.

    That holds if it knows the deal with this number. The master has its deltas below `next_delta`.
    """

    end_ns: Count
    deal: Count
    next_delta: Count


class Stop(Struct, forbid_unknown_fields=True, tag="sessionload-stop"):
    """Hand out nothing more; what is in flight may end, within so many seconds if that is said."""

    grace_s: float | None = None


class Cut(Struct, forbid_unknown_fields=True, tag="sessionload-cut"):
    """End at once: what is in flight is aborted, and counted."""


class DeltaLine(Struct, forbid_unknown_fields=True, tag="sessionload-delta"):
    """What a worker has measured since its delta before, as `RawDelta.line` writes it."""

    number: Count
    line: bytes
    last: bool


class KeyHashes(Struct, forbid_unknown_fields=True, tag="sessionload-key-hashes"):
    """Hashes of session keys that a worker has got, 8 bytes each, in batches that are numbered."""

    number: Count
    hashes: Annotated[bytes, Meta(max_length=8 * 20_000)]


class KeysChecked(Struct, forbid_unknown_fields=True, tag="sessionload-keys-checked"):
    """Which hashes of a batch, counted from 0, came before, and how many others were forgotten for them."""

    number: Count
    repeated: list[Count]
    forgotten: Count


FROM_WORKERS = (Hello, Ready, Pong, Alive, DeltaLine, Leave, KeyHashes)
FROM_MASTER = (Refused, Brief, Ping, Start, Deal, Lease, Stop, Cut, KeysChecked)

FromWorker = Hello | Ready | Pong | Alive | DeltaLine | Leave | KeyHashes
FromMaster = Refused | Brief | Ping | Start | Deal | Lease | Stop | Cut | KeysChecked
Message = FromWorker | FromMaster
M = TypeVar("M", bound=Struct)


def name_of(kind: type[Message]) -> str:
    """Return the name under which messages of a kind travel."""
    return str(kind.__struct_config__.tag)


def data_of(message: Message) -> dict[str, Any]:
    """Return a message as plain data."""
    return to_builtins(message, builtin_types=(bytes,))  # type: ignore[no-any-return]


def read(kind: type[M], data: object) -> M | None:
    """Return the message that plain data is; `None` for data that nobody of ours has sent."""
    try:
        return convert(data, kind, builtin_types=(bytes,))
    except ValidationError:
        return None
