"""What refusals mean."""

from __future__ import annotations

import ssl

import pytest

from claudios.agent.client.carrier import ServerBusy, TokenRejected
from claudios.agent.client.refusal import refusal, unreachable
from claudios.protocol.errors import ClaudiosError, Superseded, Unreachable


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (401, b"", TokenRejected),
        (409, b"", Superseded),
        (409, b'{"error":{"code":"superseded","message":"m"}}', Superseded),
        (409, b'{"error":{"code":"conflict","message":"m"}}', Unreachable),
        (429, b"", ServerBusy),
        (503, b"<html>", ServerBusy),
        (500, b"", Unreachable),
        (502, b"", Unreachable),
        (400, b'{"error":{"code":"out_of_order","message":"m"}}', Unreachable),
    ],
)
def test_a_status_has_one_meaning_on_both_carriers(status: int, body: bytes, meaning: type[ClaudiosError]) -> None:
    """P-5"""
    assert type(refusal(status, None, body)) is meaning


@pytest.mark.parametrize("status", [400, 403, 404, 405, 426, 501, 505])
def test_other_statuses_are_for_the_carrier_to_judge(status: int) -> None:
    """L-8: what a proxy says that does not know WebSockets."""
    assert refusal(status, None, b"<html>") is None
    assert refusal(404, None, b'{"error":{"code":"not_found","message":"m"}}') is None


def test_what_the_server_says_of_a_token_is_passed_on_in_one_line() -> None:
    body = b'{"error":{"code":"not_signed_in","message":"revoked\\non Monday"}}'
    rejected = refusal(401, None, body)
    assert isinstance(rejected, TokenRejected)
    assert rejected.message.startswith("revoked on Monday")


def test_an_untrusted_certificate_is_explained_even_when_it_is_wrapped() -> None:
    certificate = ssl.SSLCertVerificationError(1, "x")
    certificate.verify_message = "self-signed certificate"
    wrapped = OSError("connect failed")
    wrapped.__cause__ = certificate
    message = unreachable(wrapped).message
    assert "not trusted: self-signed certificate" in message
    assert "caFile" in message


def test_a_failure_without_words_is_named_by_its_class() -> None:
    assert "TimeoutError" in unreachable(TimeoutError()).message
