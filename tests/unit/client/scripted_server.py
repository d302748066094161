"""A server on loopback that answers HTTP requests from a script, one answer per request, and keeps what was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from claudios.client.address import Address, parse_address


@dataclass(frozen=True)
class Answer:
    """One scripted answer; `hangs_up` closes the connection afterwards, or instead when there is no status."""

    status: int | None = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs_up: bool = False
    announced_bytes: int | None = None


@dataclass(frozen=True)
class Asked:
    """What a request was."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


@dataclass
class ScriptedServer:
    """Answers left to give, and requests seen."""

    address: Address
    answers: list[Answer]
    asked: list[Asked] = field(default_factory=list)


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer of JSON."""
    return Answer(status, json.dumps(value).encode(), headers)


@contextmanager
def scripted_server(*answers: Answer) -> Iterator[ScriptedServer]:
    """Run a server on a free port."""
    server: ScriptedServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError:
                self.close_connection = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            port: int = self.client_address[1]
            server.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body, port))
            given = server.answers.pop(0)
            self.close_connection = given.hangs_up
            if given.status is None:
                return
            self.send_response_only(given.status)
            if "Date" not in given.headers:
                self.send_header("Date", self.date_time_string())
            for name, value in given.headers.items():
                self.send_header(name, value)
            size = len(given.body) if given.announced_bytes is None else given.announced_bytes
            self.send_header("Content-Length", str(size))
            self.end_headers()
            self.wfile.write(given.body)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as http:
        server = ScriptedServer(parse_address(f"http://127.0.0.1:{http.server_address[1]}"), list(answers))
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server
        finally:
            http.shutdown()
