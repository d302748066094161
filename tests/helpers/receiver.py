"""A program on loopback that is posted to: it keeps what comes, and answers as it is told."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOPBACK = "127.0.0.0/8"


@dataclass(frozen=True)
class Posted:
    """One request as it came."""

    path: str
    headers: Message
    body: bytes


class Receiver:
    """Answers 200 unless `answers` holds something else, which is taken from its beginning: a status, and headers.

    It says `words` with that, once it `may_answer`.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.answers: deque[tuple[int, dict[str, str]]] = deque()
        self.posted: asyncio.Queue[Posted] = asyncio.Queue()
        self.words = b""
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._loop = loop

    async def next(self) -> Posted:
        """Return the next request."""
        async with asyncio.timeout(60):
            return await self.posted.get()

    def took(self, posted: Posted) -> tuple[int, dict[str, str]]:
        """Take a request, in a thread of the server's; return how to answer."""
        self._loop.call_soon_threadsafe(self.posted.put_nowait, posted)
        return self.answers.popleft() if self.answers else (200, {})


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive on a free port of loopback."""
    loop = asyncio.get_running_loop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, headers = receiver.took(Posted(self.path, self.headers, body))
            receiver.may_answer.wait()
            self.send_response(status)
            for name, value in {"content-length": str(len(receiver.words)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.words)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(loop, server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.may_answer.set()
            server.shutdown()
            thread.join()
