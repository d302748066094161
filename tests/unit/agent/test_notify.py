"""What systemd is told, over a real datagram socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from claudios.agent.notify import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(10)
        yield listening


def test_states_arrive_as_one_datagram(manager: socket.socket) -> None:
    Notifier({"NOTIFY_SOCKET": manager.getsockname()}).send("READY=1", "STATUS=up")
    assert manager.recv(1000) == b"READY=1\nSTATUS=up"


def test_an_abstract_socket_is_reached_by_its_written_name() -> None:
    name = f"claudios-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name)
        Notifier({"NOTIFY_SOCKET": "@" + name}).send("STOPPING=1")
        assert listening.recv(1000) == b"STOPPING=1"


def test_a_manager_that_is_gone_is_no_failure(tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).send("READY=1")
    Notifier({}).send("READY=1")


async def test_the_watchdog_is_fed_from_the_loop(manager: socket.socket) -> None:
    manager.setblocking(False)
    watching = asyncio.create_task(Notifier({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "20000"}).watch())
    for _ in range(3):
        assert await asyncio.get_running_loop().sock_recv(manager, 1000) == b"WATCHDOG=1"
    watching.cancel()


@pytest.mark.parametrize(
    "environment",
    [{}, {"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}],
)
async def test_no_watchdog_is_fed_that_is_not_for_this_process(
    manager: socket.socket, environment: dict[str, str]
) -> None:
    await Notifier({"NOTIFY_SOCKET": manager.getsockname(), **environment}).watch()
