"""The key that leaves a terminal session, among all the others. Pure."""

from __future__ import annotations

PASTE_BEGINS, PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"
"""What a terminal puts around what is pasted, where the program has asked for that."""


def shown(key: bytes) -> str:
    """Return a key as people know it."""
    return f"Ctrl+{chr(key[0] + 64)}"


class DetachKey:
    """Cuts what is typed at the key. Inside of a paste it is text, unless it comes by itself."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._last = b""
        self._is_pasting = False

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """Return what goes to the program, and whether the key came after it. A paste that it cuts is ended."""
        if data == self._key:
            return (PASTE_ENDS if self._is_pasting else b""), True
        for at, byte in enumerate(data):
            if byte == self._key[0] and not self._is_pasting:
                return data[:at], True
            self._last = (self._last + bytes((byte,)))[-len(PASTE_BEGINS) :]
            if self._last in (PASTE_BEGINS, PASTE_ENDS):
                self._is_pasting = self._last == PASTE_BEGINS
        return data, False
