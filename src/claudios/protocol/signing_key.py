"""Ed25519 keys (RFC 8032), by libsodium: what anybody can check, whoever signed it. Importing this loads libsodium."""

from __future__ import annotations

import secrets
from typing import Protocol, TypeVar

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError
from pydantic import BaseModel

from claudios.protocol.errors import SignatureInvalid

SEED_BYTES = 32
_SIGNATURE_BYTES = 64


class Signed(Protocol):
    """What carries its signature and the public key that it was made with, both in hexadecimal."""

    @property
    def key(self) -> str: ...

    @property
    def signature(self) -> str: ...


S = TypeVar("S", bound=BaseModel)


class SigningKey:
    """A signing key. Only its `public` half (hexadecimal) is ever told."""

    def __init__(self, seed: bytes) -> None:
        public, self._secret = crypto_sign_seed_keypair(seed)
        self.public = public.hex()

    @classmethod
    def new_seed(cls) -> bytes:
        """Return the 32 random bytes that a new key is made of."""
        return secrets.token_bytes(SEED_BYTES)

    def sign(self, unsigned: S, canonical: bytes) -> S:
        """Return the value with this key and the signature of its canonical bytes."""
        signature = crypto_sign(canonical, self._secret)[:_SIGNATURE_BYTES]
        return unsigned.model_copy(update={"key": self.public, "signature": signature.hex()})


def verify(signed: Signed, canonical: bytes) -> None:
    """Check that the key which `signed` names signed these canonical bytes of it. Raises SignatureInvalid."""
    try:
        crypto_sign_open(bytes.fromhex(signed.signature) + canonical, bytes.fromhex(signed.key))
    except BadSignatureError as wrong:
        raise SignatureInvalid from wrong
