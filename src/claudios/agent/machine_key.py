"""The machine's own key, which signs checkpoints: made at the first start, and never sent anywhere."""

from __future__ import annotations

from pathlib import Path

from claudios.agent.durable import write_private
from claudios.protocol.errors import SettingInvalid
from claudios.protocol.signing_key import SEED_BYTES, SigningKey

NAME = "checkpoint.key"


def open_key(state_directory: Path) -> SigningKey:
    """Read the key of this state directory, or make one (0600). Raises SettingInvalid for a damaged file."""
    path = state_directory / NAME
    try:
        seed = path.read_bytes()
    except FileNotFoundError:
        seed = SigningKey.new_seed()
        write_private(path, seed)
    if len(seed) != SEED_BYTES:
        raise SettingInvalid(
            f"{path} is not a key of {SEED_BYTES} bytes. Restore it, or remove it: then a new one is made, and people "
            "who check this machine's records see that the key has changed."
        )
    return SigningKey(seed)
