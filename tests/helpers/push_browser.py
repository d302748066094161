"""The browser's half of Web Push, from the letter of RFC 8291 and RFC 8292: it decrypts, and checks who sent."""

from __future__ import annotations

import base64
import os
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.helpers.receiver import Posted


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class PushBrowser:
    """A browser with one subscription."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self._public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, endpoint: str) -> dict[str, str]:
        """Return what the page hands to the server."""
        keys = {"p256dh": base64url(self._public), "auth": base64url(self._auth)}
        return {"endpoint": endpoint, "name": "Firefox on Linux", **keys}

    def read(self, posted: Posted) -> dict[str, Any]:
        """Decrypt a message (RFC 8188 section 2.1, RFC 8291 section 3.4)."""
        assert posted.headers["content-encoding"] == "aes128gcm"
        salt, rest = posted.body[:16], posted.body[16:]
        record_bytes, key_bytes = int.from_bytes(rest[:4], "big"), rest[4]
        sender, record = rest[5 : 5 + key_bytes], rest[5 + key_bytes :]
        assert len(record) <= record_bytes
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = _derived(shared, self._auth, b"WebPush: info\0" + self._public + sender, 32)
        key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        told = AESGCM(key).decrypt(nonce, record, None)
        assert told[-1:] == b"\x02"
        found: dict[str, Any] = orjson.loads(told[:-1])
        return found


def vapid_claims(posted: Posted, key: str) -> dict[str, Any]:
    """Check the signature of who sent with the key that the browser subscribed to; return its claims."""
    scheme, _, rest = posted.headers["authorization"].partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, given["k"]) == ("vapid", key)
    signed, _, signature = given["t"].rpartition(".")
    raw = from_base64url(signature)
    r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(key))
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    claims: dict[str, Any] = orjson.loads(from_base64url(signed.split(".")[1]))
    return claims


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
