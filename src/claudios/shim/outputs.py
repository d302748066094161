"""What the program prints, read as it comes."""

from __future__ import annotations

import os
import selectors
from collections.abc import Callable
from functools import partial

from claudios.protocol.frame import MAX_PAYLOAD_BYTES, Stream
from claudios.shim.terminal import is_hung_up

READS_PER_TURN = 16


class Outputs:
    """The descriptors from which a program is read; each piece, at most a frame's payload, goes to `receive`."""

    def __init__(
        self,
        streams: dict[int, Stream],
        selector: selectors.BaseSelector,
        receive: Callable[[Stream, bytes], None],
    ) -> None:
        self._streams = streams
        self._selector = selector
        self._receive = receive
        self._is_watched = False

    @property
    def are_open(self) -> bool:
        """Say whether the program, or somebody it has given them to, can still print."""
        return bool(self._streams)

    def watch(self) -> None:
        """Begin to read, or go on."""
        self._is_watched = True
        for descriptor, stream in self._streams.items():
            self._selector.register(descriptor, selectors.EVENT_READ, partial(self._read, descriptor, stream))

    def pause(self) -> None:
        """Leave in the pipes what comes."""
        self._is_watched = False
        for descriptor in self._streams:
            self._selector.unregister(descriptor)

    def close(self) -> None:
        """Read no more."""
        for descriptor in list(self._streams):
            self._close(descriptor)

    def _read(self, descriptor: int, stream: Stream, _: int) -> None:
        for _turn in range(READS_PER_TURN):
            if not self._is_watched:
                return
            try:
                read = os.read(descriptor, MAX_PAYLOAD_BYTES)
            except BlockingIOError:
                return
            except OSError as problem:
                if not is_hung_up(problem):
                    raise
                read = b""
            if not read:
                self._close(descriptor)
                return
            self._receive(stream, read)
            if len(read) < MAX_PAYLOAD_BYTES:
                return  # the pipe is empty: a read that says so would cost as much as this one

    def _close(self, descriptor: int) -> None:
        if self._is_watched:
            self._selector.unregister(descriptor)
        del self._streams[descriptor]
        os.close(descriptor)
