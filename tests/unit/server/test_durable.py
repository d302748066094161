"""What the server writes beside its store: certain on the disk once it is relied on, and never half of it."""

from __future__ import annotations

import random
from pathlib import Path

from claudios.server.backup import DATABASE, KEY, back_up, restore
from claudios.server.config import Config
from claudios.server.keys import ServerKey
from claudios.server.setup import prepare
from claudios.server.state_lock import UNFINISHED
from claudios.server.store.engine import Store
from tests.helpers.power_loss import Tape, disk_after, taped


def certain(tape: Tape) -> dict[str, bytes]:
    """Return the files that a loss of power now would leave at the least."""
    return disk_after(tape, len(tape.operations), None)


def test_the_servers_key_is_certain_before_anything_is_encrypted_with_it(tmp_path: Path) -> None:
    path = tmp_path / KEY
    with taped(tmp_path) as tape:
        ServerKey.open(path)
    assert certain(tape) == {str(path): path.read_bytes()}


def test_whenever_the_power_fails_the_server_finds_its_whole_key_or_makes_one(tmp_path: Path) -> None:
    """Half a key was left behind, and the server asked for the back-up of a key that had never been used."""
    with taped(tmp_path / "first") as tape:
        (tmp_path / "first").mkdir()
        ServerKey.open(tmp_path / "first" / KEY)
    for at in range(len(tape.operations) + 1):
        for seed in range(20):
            again = tmp_path / f"{at}-{seed}"
            again.mkdir()
            for name, content in disk_after(tape, at, random.Random(seed)).items():
                (again / Path(name).name).write_bytes(content)
            ServerKey.open(again / KEY)


async def test_the_token_of_this_machines_agent_is_certain_once_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    with taped(tmp_path) as tape:
        await prepare(Config(state_dir=tmp_path / "server"), "http://localhost", path)
    assert certain(tape)[str(path)] == path.read_bytes()


def with_store(tmp_path: Path) -> Config:
    config = Config(state_dir=tmp_path / "server")
    config.state_dir.mkdir()
    ServerKey.open(config.state_dir / KEY)
    Store(config.database).close()
    return config


def test_a_back_up_is_certain_when_it_is_said_to_be_made(tmp_path: Path) -> None:
    """SQLite writes its content unseen by the tape; that it is brought to the disk before it has its name is seen."""
    config, file = with_store(tmp_path), tmp_path / "to" / "backup"
    file.parent.mkdir()
    with taped(file.parent) as tape:
        back_up(config, file, 1)
    steps = [operation.what for operation in tape.operations]
    assert "sync" in steps[: steps.index("link")]
    assert str(file) in certain(tape)


def test_a_store_that_was_put_back_is_certain_when_it_counts_as_whole(tmp_path: Path) -> None:
    back_up(with_store(tmp_path), tmp_path / "backup", 1)
    again = Config(state_dir=tmp_path / "again")
    with taped(again.state_dir) as tape:
        restore(again, tmp_path / "backup", 2)
    steps = [(operation.what, str(operation.file)) for operation in tape.operations]
    renamed = next(place for place, (what, _) in enumerate(steps) if what == "rename")
    fresh = next(operation.place for operation in tape.operations if operation.file == steps[renamed][1])
    assert ("sync", str(fresh)) in steps[:renamed], "its content is on the disk before it has its name"
    begun = next(place for place, operation in enumerate(tape.operations) if Path(operation.to).name == KEY)
    assert ("sync", str(again.state_dir)) in steps[:begun], (
        "that it is not whole yet is, before anything is in its place"
    )
    whole = steps.index(("unlink", str(again.state_dir / UNFINISHED)))
    assert ("sync", str(again.state_dir)) in steps[renamed:whole], "its name is, before it counts as whole"
    left = {Path(name).name: content for name, content in certain(tape).items()}
    assert {DATABASE, KEY} <= set(left)
    assert UNFINISHED not in left
    assert left[KEY] == (again.state_dir / KEY).read_bytes()
