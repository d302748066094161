"""Runs the application on a socket: uvicorn, from the first byte to a stop that nobody notices.

Stopping: /readyz fails; after the drain agents and viewers are told when to come back; connections finish; the store
closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
import uvicorn

from claudios.protocol.codec import MAX_MESSAGE_BYTES
from claudios.protocol.errors import SettingInvalid
from claudios.server.app import Application
from claudios.server.config import Config

log = structlog.get_logger(__name__)

GRACE_SECONDS = 5
PARTING_SECONDS = 1.0
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that takes connections at `url`."""

    url: str
    application: Application


@asynccontextmanager
async def running(config: Config, build: Callable[[Config], Application] = Application) -> AsyncIterator[Serving]:
    """Run a server for as long as the block does; `build` may give it other clocks.

    Raises SettingInvalid when the port is taken, Unavailable.
    """
    listener = _listen(config.host, config.port)
    with contextlib.closing(listener):
        application = build(config)
        try:
            await application.start()
            server = _Uvicorn(_uvicorn_config(application, config))
            task = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                await server.until_started(task)
                yield Serving(_url(config, listener), application)
                application.drain()
                await asyncio.sleep(config.drain_seconds)
                application.part()
                await server.until_parted()
            finally:
                server.stop()
                await task
        finally:
            await application.close()


async def serve(config: Config, started: Callable[[Serving], None]) -> None:
    """Run a server until SIGTERM or SIGINT; a second signal ends it at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            raise SystemExit(130)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    async with running(config) as serving:
        started(serving)
        signalled = asyncio.create_task(stop.wait())
        loops = serving.application.loops
        assert loops is not None, "a running server has its loops"
        await asyncio.wait({signalled, loops}, return_when=asyncio.FIRST_COMPLETED)
        log.info("server_stopping", signalled=signalled.done())
        if loops.done():
            loops.result()  # a loop that fails ends the server: none may be missing


class _Uvicorn(uvicorn.Server):
    """Uvicorn without its signal handlers and without ten wake-ups a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._running = asyncio.Event()
        self._stopping = asyncio.Event()

    async def until_started(self, task: asyncio.Task[None]) -> None:
        waiting = asyncio.create_task(self._running.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if task.done():
            task.result()

    async def until_parted(self) -> None:
        """Wait until who was told to go has gone: closing a socket at once would overtake the goodbye."""
        if self.server_state.tasks:
            await asyncio.wait(set(self.server_state.tasks), timeout=PARTING_SECONDS)

    def stop(self) -> None:
        self._stopping.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        self._running.set()
        while not self._stopping.is_set():
            await self.on_tick(0)  # renews the Date header
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._stopping.wait()
        self.should_exit = True


def _uvicorn_config(application: Application, config: Config) -> uvicorn.Config:
    for name in ("uvicorn", "uvicorn.error"):  # its information lines hold paths and queries
        logging.getLogger(name).setLevel(logging.WARNING)
    return uvicorn.Config(
        application.asgi,
        loop="none",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=8,
        ws_ping_timeout=8,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=config.tls_cert,
        ssl_keyfile=config.tls_key,
    )


def _listen(host: str, port: int) -> socket.socket:
    """Return a bound socket. Raises SettingInvalid, naming the remedy, when that cannot be."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # With its protocol named asyncio sets TCP_NODELAY; without, every answer waits 40 ms for an acknowledgement.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as unknown:
        raise SettingInvalid(f"There is no address {host!r} to listen on: {unknown}. Correct --host.") from unknown
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as taken:
        listener.close()
        raise SettingInvalid(
            f"Cannot listen on {host} port {port}: {taken.strerror}. Choose another with --port or PORT."
        ) from taken
    return listener


def _url(config: Config, listener: socket.socket) -> str:
    if config.public_url is not None:
        return config.public_url
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    return f"{'https' if config.tls_cert else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
