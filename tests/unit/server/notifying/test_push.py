"""Web Push to the letter: the example of RFC 8291, and what fits into one message."""

from __future__ import annotations

import os

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from claudios.protocol.errors import InputInvalid
from claudios.server.notifying import push
from claudios.server.notifying.push import MAX_CONTENT_BYTES, Subscription, encrypt
from claudios.server.store.channels import Way
from claudios.server.store.notification_settings import Kind
from claudios.server.store.notifications import Due
from claudios.server.vapid import VapidKey
from tests.helpers.push_browser import PushBrowser, from_base64url

BROWSER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"


def due(text: str, title: str = "t", request_id: str = "r") -> Due:
    return Due(
        id="ntf_1",
        attempt=1,
        kind=Kind.WAITS,
        session_id="s",
        request_id=request_id,
        is_answerable=True,
        title=title,
        text=text,
        topic=f"s request {request_id}",
        created_ms=1,
        channel_id="chn_1",
        way=Way.PUSH,
        address="https://push.example.org/x",
        secret_encrypted=None,
        server_url="https://claudios.example.org",
    )


def test_the_example_of_rfc_8291_comes_out_byte_for_byte() -> None:
    sender = ec.derive_private_key(
        int.from_bytes(from_base64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    salt = from_base64url("DGv6ra1nlYgDCS1FRnbzlw")
    sealed = encrypt(b"When I grow up, I want to be a watermelon", Subscription.parse(BROWSER, AUTH), salt, sender)
    assert sealed == from_base64url(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("", AUTH), ("BAAA", AUTH), (BROWSER[:-4] + "AAAA", AUTH), (BROWSER, ""), (BROWSER, "AAAA"), ("*", AUTH)],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(InputInvalid):
        Subscription.parse(p256dh, auth)


def test_a_text_that_does_not_fit_is_cut_and_cannot_be_allowed_unseen() -> None:
    whole = orjson.loads(push.content(due("x" * 600)))
    assert (whole["text"], whole["is_answerable"]) == ("x" * 600, True)
    told = push.content(due("\N{GRINNING FACE}" * 2000))
    assert len(told) <= MAX_CONTENT_BYTES
    cut = orjson.loads(told)
    assert cut["text"].endswith("…")
    assert cut["is_answerable"] is False


@pytest.mark.parametrize("text", ["", "x" * 600, "\N{GRINNING FACE}" * 600, "\t" * 600])
def test_the_longest_id_and_title_there_are_leave_room_for_some_text(text: str) -> None:
    longest = due(text, title="⟨U+202E⟩" * 200, request_id="\x01" * 256)
    sent = push.content(longest)
    assert len(sent) <= MAX_CONTENT_BYTES
    told = orjson.loads(sent)
    assert told["request_id"] == longest.request_id
    assert longest.title.startswith(told["title"])
    assert text.startswith(told["text"].removesuffix("…"))
    assert bool(told["text"]) == bool(text)


def test_what_does_not_fit_even_without_its_text_is_refused() -> None:
    with pytest.raises(InputInvalid):
        push.content(due("x", request_id="\x01" * 700))


def test_a_subscription_survives_being_kept() -> None:
    given = PushBrowser().subscription("https://push.example.org/x")
    subscription = Subscription.parse(given["p256dh"], given["auth"])
    assert Subscription.unpack(subscription.packed) == subscription


def test_the_key_for_push_services_is_the_same_after_every_start() -> None:
    seed = os.urandom(48)
    assert VapidKey(seed).public == VapidKey(seed).public != VapidKey(os.urandom(48)).public
