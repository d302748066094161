"""Is the server there? Step by step, so that the first step that fails names the cause."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path

from claudios.cli.doctor.finding import Finding, fail, ok, skip, warn
from claudios.client.address import Address
from claudios.client.http import connect, tls_context
from claudios.client.reading import parse
from claudios.protocol.errors import MessageInvalid

PATIENCE_SECONDS = 10.0
SLOW_SECONDS = 1.0
CLOCK_WARN_SECONDS = 30.0
DATE_PRECISION_SECONDS = 2.0
"""A Date header tells whole seconds, and servers write it once a second."""
CLOCK_FAIL_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer to /api/v1/server, and its clock by the Date header (whole seconds), if it sent one."""

    status: int
    body: bytes
    date_seconds: float | None
    asked_seconds: float
    took_seconds: float


def check_server(address: Address, ca_file: Path | None = None) -> Iterator[Finding]:
    """Yield name, connection, certificate, answer and clock; after a failure nothing more."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except socket.gaierror as unknown:
        yield fail(
            "dns", f"the name {address.host} cannot be resolved: {unknown.strerror}", "Check the address and DNS."
        )
        return
    yield ok("dns", f"{address.host} is {', '.join(sorted({str(each[4][0]) for each in found}))}")
    try:
        connected = socket.create_connection((address.host, address.port), timeout=PATIENCE_SECONDS)
    except ConnectionRefusedError:
        yield fail(
            "tcp", f"nothing listens at {address.authority}", "Start the server, or correct the address or port."
        )
        return
    except OSError as failed:
        yield fail(
            "tcp",
            f"{address.authority} cannot be reached: {str(failed) or 'no answer'}",
            "Check the network, a firewall on either side, and whether a proxy is needed.",
        )
        return
    with connected:
        yield ok("tcp", f"{address.authority} accepts connections")
        if address.scheme == "https":
            finding = _tls(connected, address, ca_file)
            yield finding
            if finding.remedy is not None:
                return
    yield from _http(address, ca_file)


def clock(offset_seconds: float) -> Finding:
    """Judge how far this machine's clock is before the server's."""
    if abs(offset_seconds) < 1:
        return ok("clock", "this machine's clock agrees with the server's")
    side = "ahead of" if offset_seconds > 0 else "behind"
    text = f"this machine's clock is {abs(offset_seconds):.1f} s {side} the server's"
    remedy = "Set the clock of whichever is wrong by NTP (timedatectl set-ntp true)."
    if abs(offset_seconds) >= CLOCK_FAIL_SECONDS:
        return fail("clock", text, remedy)
    if abs(offset_seconds) >= CLOCK_WARN_SECONDS:
        return warn("clock", text, remedy)
    return ok("clock", text)


def _tls(connected: socket.socket, address: Address, ca_file: Path | None) -> Finding:
    try:
        with tls_context(ca_file).wrap_socket(connected, server_hostname=address.host) as secured:
            certificate = secured.getpeercert() or {}
            version = secured.version()
    except ssl.SSLCertVerificationError as untrusted:
        return fail(
            "tls",
            f"the certificate of {address.host} is not trusted: {untrusted.verify_message}",
            "Renew it, or name its CA: SSL_CERT_FILE for the command line, caFile for the agent.",
        )
    except OSError as failed:
        return fail("tls", f"no TLS with {address.authority}: {failed}", "Check that the port speaks https.")
    expires = str(certificate.get("notAfter", ""))
    if expires and (days := (ssl.cert_time_to_seconds(expires) - time.time()) / 86_400) < 14:
        return warn("tls", f"the certificate of {address.host} expires in {days:.0f} days", "Renew it.")
    return ok("tls", f"{version}, certificate valid until {expires}")


def _http(address: Address, ca_file: Path | None) -> Iterator[Finding]:
    try:
        answer = _ask(address, ca_file)
    except (OSError, HTTPException) as failed:
        yield fail(
            "http",
            f"{address.url} does not answer: {str(failed) or type(failed).__name__}",
            "Look at the server's log.",
        )
        return
    finding = _judge(address, answer)
    yield finding
    if finding.remedy is None and answer.date_seconds is not None:
        middle = answer.asked_seconds + answer.took_seconds / 2
        late = middle - answer.date_seconds
        yield clock(0.0 if 0 <= late <= DATE_PRECISION_SECONDS else late)
    elif finding.remedy is None:
        yield skip("clock", "the server does not tell its time")


def _ask(address: Address, ca_file: Path | None) -> Answer:
    connection, prefix = connect(address, PATIENCE_SECONDS, ca_file)
    asked, begun = time.time(), time.monotonic()
    try:
        connection.request("GET", f"{prefix}{address.path}/api/v1/server")
        answer = connection.getresponse()
        body = answer.read()
        date = answer.getheader("Date")
    finally:
        connection.close()
    seconds = parsedate_to_datetime(date).timestamp() if date else None
    return Answer(answer.status, body, seconds, asked, time.monotonic() - begun)


def _judge(address: Address, answer: Answer) -> Finding:
    try:
        told = parse(answer.body)
    except MessageInvalid:
        told = None
    version = told.get("version") if isinstance(told, dict) else None
    if answer.status != 200 or not isinstance(version, str):
        return fail(
            "http",
            f"{address.url} answers with status {answer.status}, and not as a ClaudiOS server does",
            "Check the address, and a proxy in front of the server.",
        )
    text = f"ClaudiOS {version} answers in {answer.took_seconds * 1000:.0f} ms"
    if answer.took_seconds > SLOW_SECONDS:
        return warn("http", text, "The network is slow, or the server is overloaded: look at its load and log.")
    return ok("http", text)
