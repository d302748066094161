"""The socket of the shim: what is let in, what is answered, and which daemon is heard."""

from __future__ import annotations

import json
import selectors
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from struct import pack, unpack
from typing import Any

import pytest

from claudios.shim.control import MAX_ENVELOPE_BYTES, OUTGOING_BYTES, Control, Request

SENT = 20 * OUTGOING_BYTES // 1000
"""Messages of a kilobyte, more than socket and queue take."""


class Shim:
    """A control socket, whose selector the test turns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.selector = selectors.DefaultSelector()
        self.asked: list[str] = []
        self.control = Control(str(path), self.selector, self._receive)

    def _receive(self, request: Request) -> None:
        self.asked.append(request.op)

    def turn(self) -> None:
        """Do what can be done now."""
        while ready := self.selector.select(0):
            for key, mask in ready:
                key.data(mask)
            if all(mask == selectors.EVENT_WRITE for _, mask in ready):
                return

    def daemon(self, *, attached: bool = True) -> socket.socket:
        """Return the daemon's end of a new connection."""
        daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        daemon.settimeout(60)
        daemon.connect(str(self.path))
        if attached:
            daemon.sendall(envelope({"op": "attach"}))
        self.turn()
        return daemon


def envelope(message: object) -> bytes:
    raw = json.dumps(message).encode()
    return pack("<I", len(raw)) + raw


def heard(daemon: socket.socket) -> Any:
    """Return the next answer; None where the shim has hung up."""
    first = daemon.recv(4)
    if not first:
        return None
    return json.loads(daemon.recv(unpack("<I", first)[0], socket.MSG_WAITALL))


@pytest.fixture
def shim(tmp_path: Path) -> Iterator[Shim]:
    made = Shim(tmp_path / "control")
    yield made
    made.control.close()
    made.selector.close()
    assert not made.path.exists()


def test_only_its_user_may_open_it(shim: Shim) -> None:
    assert stat.S_IMODE(shim.path.stat().st_mode) == 0o600


def test_what_is_asked_in_any_pieces_is_heard_once_and_in_order(shim: Shim) -> None:
    with shim.daemon() as daemon:
        raw = envelope({"op": "interrupt"}) + envelope({"op": "terminate"})
        for at in range(len(raw)):
            daemon.sendall(raw[at : at + 1])
            shim.turn()
    assert shim.asked == ["attach", "interrupt", "terminate"]


def test_answers_go_to_who_has_attached_and_to_nobody_else(shim: Shim) -> None:
    shim.control.send({"n": 1})
    with shim.daemon(attached=False) as daemon:
        shim.control.send({"n": 2})
        daemon.sendall(envelope({"op": "attach"}))
        shim.turn()
        shim.control.send({"n": 3})
        assert heard(daemon) == {"n": 3}


def test_of_two_daemons_the_newer_one_stays(shim: Shim) -> None:
    with shim.daemon() as older, shim.daemon() as newer:
        shim.control.send({"n": 1})
        assert heard(older) is None
        assert heard(newer) == {"n": 1}


@pytest.mark.parametrize(
    "raw",
    [
        pack("<I", MAX_ENVELOPE_BYTES + 1),
        pack("<I", 3) + b"{x}",
        envelope([]),
        envelope({"no": "op"}),
        envelope({"op": "resize", "columns": "wide"}),
        envelope({"op": "input", "data": 5}),
    ],
)
def test_who_sends_nonsense_is_let_go_and_the_next_is_heard(shim: Shim, raw: bytes) -> None:
    with shim.daemon() as daemon:
        daemon.sendall(raw + envelope({"op": "terminate"}))
        shim.turn()
        assert heard(daemon) is None
    assert shim.asked == ["attach"]
    with shim.daemon():
        assert shim.asked == ["attach", "attach"]


def test_who_hangs_up_in_the_middle_leaves_nothing_to_the_next(shim: Shim) -> None:
    with shim.daemon() as daemon:
        daemon.sendall(envelope({"op": "terminate"})[:-1])
        shim.turn()
    shim.turn()
    assert not shim.control.is_connected
    with shim.daemon():
        assert shim.asked == ["attach", "attach"]


def test_who_does_not_read_is_not_heard_until_they_do_and_then_misses_nothing(shim: Shim) -> None:
    with shim.daemon() as daemon:
        daemon.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for number in range(SENT):
            shim.control.send({"n": number, "text": "x" * 1000})
        is_idle = [shim.control.is_idle]
        daemon.sendall(envelope({"op": "interrupt"}))
        shim.turn()
        assert shim.asked == ["attach"]
        for number in range(SENT):
            assert heard(daemon)["n"] == number
            shim.turn()
        shim.turn()
        assert [*is_idle, shim.control.is_idle] == [False, True]
    assert shim.asked == ["attach", "interrupt"]
