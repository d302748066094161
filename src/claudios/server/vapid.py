"""The key by which push services know this server: VAPID, RFC 8292."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VAPID_BYTES = 48
"""More than the curve's order has, so that the remainder favours no key."""
VALID_SECONDS = 12 * 60 * 60
"""RFC 8292 section 2 allows a day."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of secp256r1


class VapidKey:
    """A key on secp256r1. `public` is its public half as browsers take it: 65 bytes, in unpadded Base64url."""

    def __init__(self, seed: bytes) -> None:
        self._private = ec.derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
        self.public = unpadded(self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def authorization(self, endpoint: str, contact: str, now_ms: int) -> str:
        """Return the Authorization header for one push service. `contact` is a URL of who runs this server."""
        where = urlsplit(endpoint)
        claims = {
            "aud": f"{where.scheme}://{where.netloc}",
            "exp": now_ms // 1000 + VALID_SECONDS,
            "sub": contact,
        }
        signed = f"{unpadded(orjson.dumps({'typ': 'JWT', 'alg': 'ES256'}))}.{unpadded(orjson.dumps(claims))}"
        r, s = decode_dss_signature(self._private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = unpadded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))  # as RFC 7518 section 3.4 has it
        return f"vapid t={signed}.{signature}, k={self.public}"


def unpadded(raw: bytes) -> str:
    """Return bytes in Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
