"""The socket on which the daemon attaches: envelopes of `length u32 LE, JSON`; of two daemons the newer one stays."""

from __future__ import annotations

import json
import os
import selectors
import socket
from binascii import a2b_base64
from collections.abc import Callable
from struct import Struct

VERSION = 1
MAX_ENVELOPE_BYTES = 16 * 1024 * 1024
READ_BYTES = 256 * 1024
OUTGOING_BYTES = 64 * 1024

_LENGTH = Struct("<I")


class Request:
    """One envelope of the daemon. `op` says which of the other fields count."""

    __slots__ = ("columns", "data", "id", "line", "op", "reason", "rows", "state")

    def __init__(self, raw: bytes | bytearray) -> None:
        message = json.loads(raw)
        self.op = str(message["op"])
        self.id = str(message.get("id", ""))
        self.line = str(message.get("line", ""))
        self.data = a2b_base64(message.get("data", ""))
        self.columns = int(message.get("columns", 0))
        self.rows = int(message.get("rows", 0))
        self.state = str(message.get("state", ""))
        self.reason = None if message.get("reason") is None else str(message["reason"])


class Control:
    """Listen at `path`, pass what the attached daemon asks to `receive`, and queue answers without ever waiting.

    A daemon that asks but does not read its answers is not heard further until it does.
    """

    def __init__(self, path: str, selector: selectors.BaseSelector, receive: Callable[[Request], None]) -> None:
        self._path = path
        self._selector = selector
        self._receive = receive
        self._daemon: socket.socket | None = None
        self._is_attached = False
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._listener = _listen(path)
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    @property
    def is_connected(self) -> bool:
        return self._daemon is not None

    @property
    def is_idle(self) -> bool:
        """Say whether everything queued has been sent."""
        return not self._outgoing

    def send(self, message: dict[str, object]) -> None:
        """Queue one envelope for the attached daemon; without one it is dropped."""
        if not self._is_attached:
            return
        raw = json.dumps(message, separators=(",", ":")).encode()
        self._outgoing += _LENGTH.pack(len(raw)) + raw
        self._flush()

    def close(self) -> None:
        """Let the daemon go and take the socket away."""
        self._release()
        self._selector.unregister(self._listener)
        self._listener.close()
        os.unlink(self._path)

    def _accept(self, _: int) -> None:
        newer, _address = self._listener.accept()
        newer.setblocking(False)
        self._release()
        self._daemon = newer
        self._selector.register(newer, selectors.EVENT_READ, self._ready)

    def _ready(self, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._flush()
        if mask & selectors.EVENT_READ and self._daemon is not None:
            self._read(self._daemon)

    def _read(self, daemon: socket.socket) -> None:
        try:
            read = daemon.recv(READ_BYTES)
        except BlockingIOError:
            return
        except ConnectionError:
            read = b""
        if not read:
            self._release()
            return
        self._incoming += read
        while self._daemon is daemon and len(self._incoming) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._incoming)
            if length > MAX_ENVELOPE_BYTES:
                self._release()
                return
            end = _LENGTH.size + length
            if len(self._incoming) < end:
                return
            raw = self._incoming[_LENGTH.size : end]
            del self._incoming[:end]
            try:
                request = Request(raw)
            except (ValueError, KeyError, TypeError, AttributeError):
                self._release()
                return
            self._is_attached |= request.op == "attach"
            self._receive(request)

    def _flush(self) -> None:
        if self._daemon is None:
            return
        try:
            while self._outgoing:
                del self._outgoing[: self._daemon.send(self._outgoing)]
        except BlockingIOError:
            pass  # the rest goes when the daemon has read
        except ConnectionError:
            self._release()
            return
        mask = selectors.EVENT_WRITE if self._outgoing else 0
        if len(self._outgoing) <= OUTGOING_BYTES:
            mask |= selectors.EVENT_READ
        if self._selector.get_key(self._daemon).events != mask:
            self._selector.modify(self._daemon, mask, self._ready)

    def _release(self) -> None:
        if self._daemon is not None:
            self._selector.unregister(self._daemon)
            self._daemon.close()
        self._daemon = None
        self._is_attached = False
        self._incoming.clear()
        self._outgoing.clear()


def _listen(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    previous = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(previous)
    listener.listen(4)
    return listener
