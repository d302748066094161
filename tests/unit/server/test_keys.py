"""The server's key file."""

from __future__ import annotations

from pathlib import Path

import pytest

from claudios.protocol.errors import SettingInvalid
from claudios.server.keys import ServerKey


def test_the_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "server.key"
    sealed = ServerKey.open(path).encrypt(b"k" * 32, agent_id="a", key_id="k")
    assert path.stat().st_mode & 0o777 == 0o600
    assert ServerKey.open(path).decrypt(sealed, agent_id="a", key_id="k") == b"k" * 32


def test_the_same_key_is_never_encrypted_to_the_same_bytes(tmp_path: Path) -> None:
    key = ServerKey.open(tmp_path / "server.key")
    assert key.encrypt(b"k", agent_id="a", key_id="k") != key.encrypt(b"k", agent_id="a", key_id="k")


def test_every_changed_bit_is_noticed(tmp_path: Path) -> None:
    key = ServerKey.open(tmp_path / "server.key")
    sealed = key.encrypt(b"key", agent_id="a", key_id="k")
    for position in range(len(sealed) * 8):
        bent = bytearray(sealed)
        bent[position // 8] ^= 1 << position % 8
        with pytest.raises(SettingInvalid):
            key.decrypt(bytes(bent), agent_id="a", key_id="k")


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_damaged_key_file_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "server.key"
    path.write_bytes(content)
    with pytest.raises(SettingInvalid, match="backup"):
        ServerKey.open(path)
    assert path.read_bytes() == content
