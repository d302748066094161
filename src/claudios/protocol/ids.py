"""Identifiers and tokens: how they are made, read and split into keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

from claudios.protocol.errors import TokenInvalid

AGENT_TOKEN = "cla"
API_TOKEN = "clp"
ID_PATTERN = r"^[a-z]{3}_[a-z2-7]{20}$"
UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

# `$` alone would let a line break follow: these are used with `fullmatch`.
_UUID = re.compile(UUID_PATTERN[1:-1])
_TOKEN = re.compile(r"(?P<kind>cla|clp)_(?P<key_id>[a-z2-7]{10})_(?P<secret>[a-z2-7]{52})_(?P<checksum>[a-z2-7]{6})")


def new_id(kind: str) -> str:
    """Return a fresh id such as `agt_…`: a kind of three letters and 100 random bits."""
    return f"{kind}_{_base32(secrets.token_bytes(13))[:20]}"


def is_uuid(text: str) -> bool:
    """Say whether `text` is a UUID in its canonical lower-case form, the form of session and input ids."""
    return _UUID.fullmatch(text) is not None


def uuid_bytes(text: str) -> bytes:
    """Return the 16 bytes of a canonical UUID."""
    return UUID(text).bytes


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token `<kind>_<key id>_<256 bits>_<checksum>`. Never log or store `text` or `secret`."""

    kind: str
    key_id: str
    secret: bytes

    @property
    def text(self) -> str:
        body = f"{self.kind}_{self.key_id}_{_base32(self.secret)}"
        return f"{body}_{_checksum(body)}"

    def __repr__(self) -> str:
        return f"Token({self.kind}_{self.key_id}_…)"


def new_token(kind: str) -> Token:
    """Mint a token of `kind` (AGENT_TOKEN or API_TOKEN) with 256 random bits."""
    return Token(kind, _base32(secrets.token_bytes(7))[:10], secrets.token_bytes(32))


def parse_token(text: str, kind: str) -> Token:
    """Read a token of `kind`. Raises TokenInvalid when it is malformed, of another kind, or its checksum is off."""
    match = _TOKEN.fullmatch(text)
    if match is None or match["kind"] != kind:
        raise TokenInvalid
    body, _, checksum = text.rpartition("_")
    if not hmac.compare_digest(checksum, _checksum(body)):
        raise TokenInvalid
    return Token(kind, match["key_id"], base64.b32decode(match["secret"].upper() + "===="))


@dataclass(frozen=True, slots=True)
class AgentKeys:
    """The keys of an agent token: `auth` is sent as bearer, `sign` and `instruct` never leave either side."""

    key_id: str
    auth: str
    sign: bytes
    instruct: bytes

    def __repr__(self) -> str:
        return f"AgentKeys({self.key_id})"


def agent_keys(token: Token) -> AgentKeys:
    """Split an agent token with HKDF-SHA256 (RFC 5869) into its bearer and its signing keys."""
    auth = hkdf(token.secret, b"claudios auth v1")
    sign = hkdf(token.secret, b"claudios sign v1")
    return AgentKeys(token.key_id, f"{AGENT_TOKEN}.{token.key_id}.{_base32(auth)}", sign, instruct_key(sign))


def instruct_key(sign: bytes) -> bytes:
    """Derive the key that signs instructions from the key that signs output; the server stores only the latter."""
    return hkdf(sign, b"claudios instruct v1")


def bearer_key_id(bearer: str) -> str | None:
    """Return the key id inside an agent's bearer, or None when it is not one."""
    parts = bearer.split(".")
    return parts[1] if len(parts) == 3 and parts[0] == AGENT_TOKEN else None


def secret_hash(secret: str) -> bytes:
    """Return the SHA-256 under which a 256-bit random secret is stored and looked up."""
    return hashlib.sha256(secret.encode()).digest()


def hkdf(secret: bytes, info: bytes, salt: bytes = b"", length: int = 32) -> bytes:
    """Derive `length` bytes (at most 8,160) from `secret`: HKDF-SHA256 of RFC 5869."""
    key = hmac.digest(salt or bytes(32), secret, "sha256")
    block, output = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.digest(key, block + info + bytes([counter]), "sha256")
        output += block
    return output[:length]


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _checksum(body: str) -> str:
    return _base32(hashlib.sha256(body.encode()).digest())[:6]
