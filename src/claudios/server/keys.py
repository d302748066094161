"""The server's own key, under which the agents' signing keys lie encrypted in the database.

What it signs tombstones with is derived from it: whoever restores the one has the other, and its public half stays.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from claudios.protocol.errors import SettingInvalid
from claudios.protocol.ids import hkdf
from claudios.protocol.signing_key import SigningKey

KEY_BYTES = 32
_NONCE_BYTES = 12


class ServerKey:
    """Encrypts signing keys (AES-256-GCM) bound to the agent and key they belong to."""

    def __init__(self, raw: bytes) -> None:
        self._cipher = AESGCM(raw)
        self.tombstones = SigningKey(hkdf(raw, b"claudios tombstone v1"))

    @classmethod
    def open(cls, path: Path) -> ServerKey:
        """Read the key file, or make one (0600) where there is none. Raises SettingInvalid for a damaged file."""
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            raw = path.read_bytes()
        else:
            raw = secrets.token_bytes(KEY_BYTES)
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
        if len(raw) != KEY_BYTES:
            raise SettingInvalid(f"{path} is not a server key of {KEY_BYTES} bytes. Restore it from your backup.")
        return cls(raw)

    def encrypt(self, sign_key: bytes, *, agent_id: str, key_id: str) -> bytes:
        """Return the signing key encrypted for storage: nonce, then ciphertext with its tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, sign_key, _associated(agent_id, key_id))

    def decrypt(self, encrypted: bytes, *, agent_id: str, key_id: str) -> bytes:
        """Return the signing key. Raises SettingInvalid when it was encrypted by another server key."""
        try:
            return self._cipher.decrypt(
                encrypted[:_NONCE_BYTES], encrypted[_NONCE_BYTES:], _associated(agent_id, key_id)
            )
        except InvalidTag as foreign:
            raise SettingInvalid(
                "server.key does not belong to this database. Restore the key from your backup, or rotate the tokens."
            ) from foreign


def _associated(agent_id: str, key_id: str) -> bytes:
    return f"claudios sign key v1\0{agent_id}\0{key_id}".encode()
