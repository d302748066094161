"""Tell systemd how the daemon is: the datagrams of sd_notify(3), and nothing where nobody listens."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping


class Notifier:
    """Send state changes to the socket that NOTIFY_SOCKET names; silent without one."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog_seconds = _watchdog_seconds(environment)

    @property
    def is_heard(self) -> bool:
        """Whether a service manager looks after this daemon."""
        return bool(self._address)

    def send(self, *states: str) -> None:
        """Send assignments such as `READY=1`. A service manager that is gone is no reason to fail."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as outgoing:
            outgoing.setblocking(False)
            try:
                outgoing.sendto("\n".join(states).encode(), self._address)
            except OSError:
                return  # the manager restarts, or its queue is full; the next message tells it the same

    async def watch(self) -> None:
        """Say WATCHDOG=1 twice per period, from the loop it vouches for; return at once where none is asked for."""
        if self._address and self._watchdog_seconds:
            while True:
                self.send("WATCHDOG=1")
                await asyncio.sleep(self._watchdog_seconds / 2)


def _watchdog_seconds(environment: Mapping[str, str]) -> float:
    period, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not period.isdigit() or (pid and pid != str(os.getpid())):
        return 0.0
    return int(period) / 1_000_000
