"""Web Push: a message that only one browser can read (RFC 8291), for its push service to carry (RFC 8030)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from claudios.protocol.errors import InputInvalid
from claudios.protocol.ids import hkdf
from claudios.server.store.notification_settings import Kind
from claudios.server.store.notifications import Due
from claudios.server.vapid import VapidKey, unpadded

TTL_SECONDS = 24 * 60 * 60
RECORD_BYTES = 4096
MAX_CONTENT_BYTES = RECORD_BYTES - 86 - 16 - 1
"""What push services take at the least (RFC 8030 section 7.2), without header, tag and delimiter."""
MAX_TITLE_CHARACTERS = 100
NO_CONTACT = "mailto:nobody@claudios.invalid"
_AUTH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser reads its messages with: its public key, and a secret that it shares with who may write."""

    public: bytes
    auth: bytes

    @classmethod
    def parse(cls, p256dh: str, auth: str) -> Subscription:
        """Read what a browser gives. Raises InputInvalid."""
        try:
            read = cls(*(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) for text in (p256dh, auth)))
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), read.public)
        except (ValueError, binascii.Error) as wrong:
            raise InputInvalid("These are no keys of a push subscription. Subscribe again.") from wrong
        if len(read.auth) != _AUTH_BYTES:
            raise InputInvalid("These are no keys of a push subscription. Subscribe again.")
        return read

    @classmethod
    def unpack(cls, packed: bytes) -> Subscription:
        """Return what `packed` was made of."""
        return cls(packed[:-_AUTH_BYTES], packed[-_AUTH_BYTES:])

    @property
    def packed(self) -> bytes:
        """Both in one, as they are kept."""
        return self.public + self.auth


def encrypt(
    content: bytes,
    to: Subscription,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return content as one record of `aes128gcm` (RFC 8188) that only the subscriber can read.

    `salt` (16 bytes) and `sender` are fresh each time, but where a test needs known ones.
    """
    salt = salt or secrets.token_bytes(16)
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    ours = sender.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = sender.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.public))
    secret = hkdf(shared, b"WebPush: info\0" + to.public + ours, to.auth)
    key = hkdf(secret, b"Content-Encoding: aes128gcm\0", salt, 16)
    nonce = hkdf(secret, b"Content-Encoding: nonce\0", salt, 12)
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return header + AESGCM(key).encrypt(nonce, content + b"\x02", None)  # 2: this record is the last


def message(due: Due, to: Subscription, key: VapidKey, now_ms: int) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a notification. Raises InputInvalid for what does not fit."""
    contact = due.server_url if due.server_url.startswith("https://") else NO_CONTACT
    return encrypt(content(due), to), {
        "authorization": key.authorization(due.address, contact, now_ms),
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        "ttl": str(TTL_SECONDS),
        "urgency": "high" if due.kind is Kind.WAITS else "normal",
        "topic": _topic(due),  # a newer one takes the place of one that was not delivered yet
    }


def content(due: Due) -> bytes:
    """Return what the service worker is given; its text is what fits. Raises InputInvalid where even none does."""
    told = {
        "title": due.title[:MAX_TITLE_CHARACTERS],
        "text": "",
        "tag": _topic(due),
        "session_id": due.session_id,
        "request_id": due.request_id,
        "is_answerable": False,
    }
    room = MAX_CONTENT_BYTES - len(orjson.dumps(told))
    if room < 0:
        raise InputInvalid("What is told does not fit into a push, even without its text. Read it in the page.")
    text = _fitting(due.text, room)
    return orjson.dumps({**told, "text": text, "is_answerable": due.is_answerable and text == due.text})


def _topic(due: Due) -> str:
    return unpadded(hashlib.sha256(due.topic.encode()).digest())[:32]


def _fitting(text: str, room_bytes: int) -> str:
    """Return as much of the beginning of a text as has room in JSON."""
    if _json_bytes(text) <= room_bytes:
        return text
    left = room_bytes - _json_bytes("…")
    for end, letter in enumerate(text):
        left -= _json_bytes(letter)
        if left < 0:
            return f"{text[:end]}…" if end else ""
    raise AssertionError("the whole text did not fit")


def _json_bytes(text: str) -> int:
    return len(orjson.dumps(text)) - len('""')
