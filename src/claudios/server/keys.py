"""The server's own key, under which the agents' signing keys lie encrypted in the database.

What it signs tombstones with, and what it shows to push services, is derived from it: whoever restores the one has the
others, and their public halves stay.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from claudios.protocol.errors import SettingInvalid
from claudios.protocol.ids import hkdf
from claudios.protocol.signing_key import SigningKey
from claudios.server.durable import create_private
from claudios.server.vapid import VAPID_BYTES, VapidKey

KEY_BYTES = 32
_NONCE_BYTES = 12


class ServerKey:
    """Encrypts signing keys (AES-256-GCM) bound to the agent and key they belong to."""

    def __init__(self, raw: bytes) -> None:
        self._cipher = AESGCM(raw)
        self.tombstones = SigningKey(hkdf(raw, b"claudios tombstone v1"))
        self.push = VapidKey(hkdf(raw, b"claudios web push v1", length=VAPID_BYTES))

    @classmethod
    def open(cls, path: Path) -> ServerKey:
        """Read the key file, or make one (0600) where there is none. Raises SettingInvalid for a damaged file."""
        if not path.exists():
            with suppress(FileExistsError):  # another server that began at the same moment made it
                create_private(path, secrets.token_bytes(KEY_BYTES))
        raw = path.read_bytes()
        if len(raw) != KEY_BYTES:
            raise SettingInvalid(f"{path} is not a server key of {KEY_BYTES} bytes. Restore it from your backup.")
        return cls(raw)

    def seal(self, secret: bytes, of: str) -> bytes:
        """Return a secret encrypted for storage, bound to what it is of."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, _associated_with(of))

    def unseal(self, sealed: bytes, of: str) -> bytes:
        """Return the secret. Raises SettingInvalid when it was sealed by another server key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _associated_with(of))
        except InvalidTag as foreign:
            raise SettingInvalid(
                "server.key does not belong to this database. Restore the key from your backup, or make this anew."
            ) from foreign

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


def _associated_with(of: str) -> bytes:
    return f"claudios sealed secret v1\0{of}".encode()


def _associated(agent_id: str, key_id: str) -> bytes:
    return f"claudios sign key v1\0{agent_id}\0{key_id}".encode()
