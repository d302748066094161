"""The port people open: taken or free, and by whom it is taken."""

from __future__ import annotations

import socket

from claudios.protocol.errors import LocalError

HOST = "127.0.0.1"


class PortTaken(LocalError):
    """The port is in use. Stop what uses it, or choose another: claudios up --port 3001"""

    code = "port_taken"


def choose_port(wanted: int) -> int:
    """Return `wanted` if it is free, or any free one for 0. Raises PortTaken naming who has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except PermissionError as forbidden:
            raise PortTaken(
                f"Port {wanted} is for root only. Choose one above 1023: claudios up --port 3000"
            ) from forbidden
        except OSError as taken:
            remedy = f"Stop that, or choose another: claudios up --port {wanted + 1}"
            raise PortTaken(f"Port {wanted} is in use{_holder(wanted)}. {remedy}") from taken
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Say whether the port could be listened on."""
    try:
        return choose_port(port) == port
    except PortTaken:
        return False


def _holder(port: int) -> str:
    """Return " by NAME (process PID)" where the system tells; it tells of one's own processes only."""
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            is_holder = connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,)
            if is_holder and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass  # not allowed to look: then it is unnamed
    return ""
