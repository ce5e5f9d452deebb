"""A transport of asyncio without a socket."""

from __future__ import annotations

import asyncio


class RecordingTransport(asyncio.Transport):
    """A transport that only remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False
