"""Many viewers of one session in one process, as cheaply as can be: raw sockets, one poll loop, arrival times.

`python -m bench.crowd COUNT PORT PATH` reads extra request headers as JSON from standard input, connects, prints
`ready`, and for every marker it then reads from standard input prints the milliseconds between the first and the last
viewer that got it.
"""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import sys
import time

READ_BYTES = 1024 * 1024


def connect(port: int, path: str, headers: dict[str, str]) -> socket.socket:
    """Return a socket that has been upgraded to a WebSocket."""
    viewer = socket.create_connection(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    viewer.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += viewer.recv(READ_BYTES)
    if b" 101 " not in answer.split(b"\r\n")[0]:
        raise SystemExit(f"The upgrade was refused: {answer[:200]!r}")
    viewer.setblocking(False)
    return viewer


def spread_ms(viewers: list[socket.socket], marker: bytes) -> float:
    """Wait until each viewer has got `marker`; return the milliseconds from the first to the last."""
    poll = select.epoll()
    waiting = {viewer.fileno(): (viewer, bytearray()) for viewer in viewers}
    for descriptor in waiting:
        poll.register(descriptor, select.EPOLLIN)
    first = last = 0.0
    while waiting:
        for descriptor, _ in poll.poll():
            viewer, seen = waiting[descriptor]
            seen += viewer.recv(READ_BYTES)
            if marker in seen:
                last = time.perf_counter()
                first = first or last
                poll.unregister(descriptor)
                del waiting[descriptor]
            else:
                del seen[: -len(marker)]
    poll.close()
    return (last - first) * 1000


def main() -> None:
    count, port, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    headers = json.loads(sys.stdin.readline())
    viewers = [connect(port, path, headers) for _ in range(count)]
    print("ready", flush=True)
    for line in sys.stdin:
        print(spread_ms(viewers, line.strip().encode()), flush=True)


if __name__ == "__main__":
    main()
