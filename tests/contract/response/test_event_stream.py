"""Server-sent events: known answers, and that cuts anywhere change nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.response.event_stream import MOST_BYTES, Event, EventStream, EventTooLong

KNOWN = [
    (b"data: hello\n\n", [Event("message", "hello")]),
    (b"event: trace\ndata: {}\n\nevent: end\ndata: {}\n\n", [Event("trace", "{}"), Event("end", "{}")]),
    (b"data: one\ndata: two\ndata\n\n", [Event("message", "one\ntwo\n")]),
    (
        b"data:no space\r\rdata:  two spaces\r\n\r\n",
        [Event("message", "no space"), Event("message", " two spaces")],
    ),
    (b": a comment\n:\ndata: x\n: another\n\n", [Event("message", "x")]),
    (b"\xef\xbb\xbfdata: after a mark\n\n", [Event("message", "after a mark")]),
    (b"data: \xef\xbb\xbfkept\n\n", [Event("message", "\ufeffkept")]),
    (b"data: \xf0\x9f\x98\x80 \xff\n\n", [Event("message", "\N{GRINNING FACE} \ufffd")]),
    (b"event: named\n\ndata: not named\n\n", [Event("message", "not named")]),
    (b"data\n\ndata:\n\n", [Event("message", ""), Event("message", "")]),
    (b"unknown: 1\ndata: a:b\n\n", [Event("message", "a:b")]),
    (b"data: unfinished\n", []),
    (b"data: unfinished", []),
    (b"\n\r\n\r\n", []),
    (b"", []),
    (b"\xef\xbb", []),
]


def events_of(pieces: list[bytes]) -> list[Event]:
    stream = EventStream()
    return [event for piece in pieces for event in stream.feed(piece)]


@pytest.mark.parametrize(("data", "expected"), KNOWN)
def test_known_answers_whole_and_byte_by_byte(data: bytes, expected: list[Event]) -> None:
    assert events_of([data]) == expected
    assert events_of([data[place : place + 1] for place in range(len(data))]) == expected


def test_id_and_retry_are_kept_and_what_they_cannot_be_is_passed_over() -> None:
    stream = EventStream()
    stream.feed(b"id: 7\nretry: 250\n\n")
    assert (stream.last_id, stream.retry_ms) == ("7", 250)
    stream.feed("id: a\0b\nretry: soon\nretry: \u0663\nretry: -1\nretry:\n\n".encode())
    assert (stream.last_id, stream.retry_ms) == ("7", 250)
    stream.feed(b"id\n\n")
    assert stream.last_id == ""


def test_an_event_is_there_when_its_empty_line_begins() -> None:
    stream = EventStream()
    assert stream.feed(b"data: x\r\n\r") == [Event("message", "x")]
    assert stream.feed(b"\ndata: y\n\n") == [Event("message", "y")]


@pytest.mark.parametrize("data", [b"data: " + b"x" * 20, b"data: 123\n" * 3, b": " + b"c" * 30])
def test_an_event_that_is_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(EventTooLong, match="more than 20 bytes"):
        EventStream(20).feed(data)


def test_many_short_events_and_comments_are_never_too_long() -> None:
    stream = EventStream(20)
    assert len(stream.feed(b"data: 1234567\n\n" * 1_000)) == 1_000
    assert stream.feed(b": still here\n" * 1_000) == []
    assert MOST_BYTES == 65_536


LINE_ENDS = st.sampled_from(["\n", "\r", "\r\n"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["", "trace", "end", "Größe"]), st.lists(TEXTS, min_size=1, max_size=3)),
    max_size=5,
)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """A stream with every kind of line and line end."""
    written: list[str] = [draw(st.sampled_from(["", "\ufeff"]))]
    for name, lines in draw(EVENTS):
        fields = [f"data: {line}" for line in lines]
        if name:
            fields.insert(draw(st.integers(0, len(fields))), f"event: {name}")
        fields.insert(
            draw(st.integers(0, len(fields))), draw(st.sampled_from([":", ": ping", "retry: 10", "id: é"]))
        )
        written += [field + draw(LINE_ENDS) for field in fields]
        written.append(draw(LINE_ENDS))
    return "".join(written).encode()


@given(streams(), st.data())
def test_cuts_anywhere_give_the_same_events(written: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=8)))
    pieces = [written[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    assert events_of(pieces) == events_of([written])


@given(EVENTS, LINE_ENDS)
def test_what_is_written_is_read(events: list[tuple[str, list[str]]], end: str) -> None:
    written = "".join(
        f"event: {name}{end}" * bool(name) + "".join(f"data: {line}{end}" for line in lines) + end
        for name, lines in events
    )
    assert events_of([written.encode()]) == [
        Event(name or "message", "\n".join(lines)) for name, lines in events
    ]


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_read_alike_however_they_are_cut(data: bytes, cut: int) -> None:
    assert events_of([data[:cut], data[cut:]]) == events_of([data])
