"""A loss of power at any file operation: what spool, cursor and journal do is recorded, and any moment replayed.

A replayed disk holds what had been synced, and of the rest whatever the dice say: a part of each file's writes, the
last of them torn or turned to zeros, and a part of the names. `survive` builds such disks and checks what becomes of
them.

    python -m tests.helpers.power_loss REPETITIONS [SEED]
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claudios.agent.instructions.journal import Journal
from claudios.agent.output.flow import Flow
from claudios.agent.output.seal import Sealer
from claudios.agent.output.spool import Spool
from claudios.agent.sessions.aftermath import recover
from claudios.protocol.frame import Stream, locate
from claudios.protocol.signing import GENESIS, advance
from claudios.shim import syncer
from claudios.shim.spool import SpoolWriter

SESSION = "11111111-89ab-4cde-8f01-23456789abcd"
SEGMENT_BYTES = 2000
KEY = b"k" * 32


@dataclass(frozen=True, slots=True)
class Operation:
    """One step: `file` is a number of an inode, or a path; what the fields mean depends on `what`."""

    what: str
    file: int | str
    place: int = 0
    raw: bytes = b""
    to: str = ""


@dataclass
class Tape:
    """What was done to the files below `root`, in order, and what somebody was promised at which point of it."""

    root: str
    operations: list[Operation] = field(default_factory=list)
    promises: list[tuple[int, str, Any]] = field(default_factory=list)

    def promise(self, what: str, value: object) -> None:
        self.promises.append((len(self.operations), what, value))

    def promised(self, at: int, what: str) -> list[Any]:
        return [value for place, kind, value in self.promises if place <= at and kind == what]


@contextmanager
def taped(root: Path) -> Iterator[Tape]:
    """Record what this process does to files below `root`."""
    tape = Tape(str(root))
    lock = threading.RLock()
    inodes: dict[str, int] = {}
    opened: dict[int, int | str] = {}
    real = {name: getattr(os, name) for name in _WATCHED}

    def mine(path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(tape.root)

    def note(what: str, file: int | str, place: int = 0, raw: bytes = b"", to: str = "") -> None:
        tape.operations.append(Operation(what, file, place, raw, to))

    def open_(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        with lock:
            descriptor: int = real["open"](path, flags, mode, **more)
            if mine(path):
                name = os.fspath(path)
                if Path(name).is_dir():
                    opened[descriptor] = name
                else:
                    if name not in inodes:
                        inodes[name] = len(tape.operations) + 1
                        note("create", name, inodes[name])
                    opened[descriptor] = inodes[name]
                    if flags & os.O_TRUNC:
                        note("truncate", inodes[name], 0)
            return descriptor

    def close(descriptor: int) -> None:
        with lock:
            opened.pop(descriptor, None)
            real["close"](descriptor)

    def writes(name: str) -> Callable[..., int]:
        def write(descriptor: int, raw: Any, *place: int) -> int:
            with lock:
                file = opened.get(descriptor)
                at = place[0] if place else os.fstat(descriptor).st_size
                done: int = real[name](descriptor, raw, *place)
                if isinstance(file, int):
                    note("write", file, at, bytes(b"".join(raw) if name == "writev" else raw)[:done])
                return done

        return write

    def syncs(name: str) -> Callable[[int], None]:
        def sync(descriptor: int) -> None:
            file = opened.get(descriptor)
            with lock:
                before = len(tape.operations)
            real[name](descriptor)
            with lock:
                if file is not None:
                    note("sync", file, before)

        return sync

    def ftruncate(descriptor: int, size: int) -> None:
        with lock:
            real["ftruncate"](descriptor, size)
            file = opened.get(descriptor)
            if isinstance(file, int):
                note("truncate", file, size)

    def unlink(path: Any, **more: Any) -> None:
        with lock:
            real["unlink"](path, **more)
            if mine(path):
                inodes.pop(os.fspath(path), None)
                note("unlink", os.fspath(path))

    def replace(source: Any, target: Any, **more: Any) -> None:
        with lock:
            real["replace"](source, target, **more)
            if mine(source):
                inodes[os.fspath(target)] = inodes.pop(os.fspath(source))
                note("rename", os.fspath(source), to=os.fspath(target))

    def link(source: Any, target: Any, **more: Any) -> None:
        with lock:
            real["link"](source, target, **more)
            if mine(source):
                inodes[os.fspath(target)] = inodes[os.fspath(source)]
                note("link", os.fspath(source), to=os.fspath(target))

    patches: dict[str, Callable[..., Any]] = {
        "open": open_,
        "close": close,
        "write": writes("write"),
        "writev": writes("writev"),
        "pwrite": writes("pwrite"),
        "fsync": syncs("fsync"),
        "fdatasync": syncs("fdatasync"),
        "ftruncate": ftruncate,
        "unlink": unlink,
        "replace": replace,
        "link": link,
    }
    to_disk = syncer._to_disk
    for name, patch in patches.items():
        setattr(os, name, patch)
    syncer._to_disk = patches["fdatasync"]
    try:
        yield tape
    finally:
        syncer._to_disk = to_disk
        for name, function in real.items():
            setattr(os, name, function)


_WATCHED = (
    "open",
    "close",
    "write",
    "writev",
    "pwrite",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "replace",
    "link",
)
_NAMING = ("create", "unlink", "rename", "link")


def disk_after(tape: Tape, at: int, dice: random.Random | None) -> dict[str, bytes]:
    """Return the files after a loss of power behind operation `at`: only what is certain, without `dice`."""
    happened = tape.operations[:at]
    synced = {operation.file: operation.place for operation in happened if operation.what == "sync"}
    contents: dict[int, bytearray] = {}
    for inode in {operation.place for operation in happened if operation.what == "create"}:
        steps = [
            (place, operation)
            for place, operation in enumerate(happened)
            if operation.file == inode and operation.what in ("write", "truncate")
        ]
        certain = [operation for place, operation in steps if place < synced.get(inode, 0)]
        doubtful = [operation for place, operation in steps if place >= synced.get(inode, 0)]
        contents[inode] = content = bytearray()
        for operation in certain:
            _apply(content, operation)
        if dice is not None and doubtful:
            kept = dice.randrange(len(doubtful) + 1)
            for operation in doubtful[:kept]:
                _apply(content, operation)
            if kept < len(doubtful) and doubtful[kept].what == "write":
                _tear(content, doubtful[kept], dice)
    names: dict[str, int] = {}
    doubtful_names: dict[str, int] = {}
    for place, operation in enumerate(happened):
        if operation.what not in _NAMING:
            continue
        directory = str(Path(str(operation.file)).parent)
        if place >= synced.get(directory, 0):
            if directory not in doubtful_names:
                left = sum(
                    str(Path(str(later.file)).parent) == directory and later.what in _NAMING
                    for later in happened[place:]
                )
                doubtful_names[directory] = dice.randrange(left + 1) if dice is not None else 0
            if doubtful_names[directory] == 0:
                continue
            doubtful_names[directory] -= 1
        if operation.what == "create":
            names[str(operation.file)] = operation.place
        elif operation.what == "unlink":
            names.pop(str(operation.file), None)
        elif operation.what == "link" and str(operation.file) in names:
            names[operation.to] = names[str(operation.file)]
        elif str(operation.file) in names:
            names[operation.to] = names.pop(str(operation.file))
    return {name: bytes(contents[inode]) for name, inode in names.items()}


def _apply(content: bytearray, operation: Operation) -> None:
    if operation.what == "truncate":
        del content[operation.place :]
        return
    end = operation.place + len(operation.raw)
    content.extend(bytes(max(0, end - len(content))))
    content[operation.place : end] = operation.raw


def _tear(content: bytearray, operation: Operation, dice: random.Random) -> None:
    """Write a part: the beginning of it, with nothing, zeros or noise behind."""
    cut = dice.randrange(len(operation.raw) + 1)
    rest = len(operation.raw) - cut
    behind = dice.choice([b"", bytes(rest), dice.randbytes(rest)])
    _apply(content, Operation("write", operation.file, operation.place, operation.raw[:cut] + behind))


def record(directory: Path, seed: int) -> Tape:
    """Run a shim's writer, the agent's reader and its journal for a while, as `seed` has it, and return the tape."""
    dice = random.Random(seed)
    base = directory / SESSION
    base.mkdir(parents=True)
    with taped(directory) as tape:
        journal = Journal(directory / "journal")
        journal.rewrite([])
        spool = Spool(base, SESSION)
        spool.save_cursor()
        writer = SpoolWriter(str(spool.path), 1, 1, SEGMENT_BYTES)
        sent_seq, sent_head, lines, handed_over = 0, GENESIS, 0, 0
        for step in range(60):
            writer.append(
                [(Stream.STDOUT, dice.randbytes(dice.randrange(1, 400))) for _ in range(dice.randrange(1, 4))]
            )
            spool.grow(writer.seq)
            if dice.random() < 0.4:
                writer.sync(0.0)
                if writer.sync_due is None:  # else the disk is still at the last one
                    handed_over = writer.seq
            if dice.random() < 0.2:
                writer._syncer.finish()
                writer._syncer = syncer.Syncer()
                tape.promise("durable", handed_over)
            if dice.random() < 0.5 and (piece := spool.read(sent_seq)) is not None:
                start = 0
                for end in piece.ends:
                    sent_head = advance(sent_head, piece.frames[start:end])
                    start = end
                sent_seq = piece.last_seq
                tape.promise("acknowledged", (sent_seq, sent_head))
                spool.acknowledge(sent_seq, sent_head)
            if dice.random() < 0.3:
                lines += 1
                journal.append([b"line %d" % lines], durable=True)
                tape.promise("journaled", lines)
            if step % 20 == 19:
                journal.rewrite([b"line %d" % n for n in range(1, lines + 1)])
        writer.close()
        spool.close()
        journal.close()
    return tape


def survive(tape: Tape, at: int, seed: int, directory: Path) -> None:
    """Build a disk that lost its power behind operation `at`, start on it, and check what must hold.

    Raises AssertionError.
    """
    dice = random.Random(seed)
    written = frames_of(_everything(tape, at))
    certain = frames_of(disk_after(tape, at, None))
    for name, content in disk_after(tape, at, dice).items():
        path = directory / Path(name).relative_to(tape.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (directory / SESSION).mkdir(exist_ok=True)
    _check_journal(tape, at, directory)
    acked_seq, acked_head = (tape.promised(at, "acknowledged") or [(0, GENESIS)])[-1]
    durable_seq = (tape.promised(at, "durable") or [0])[-1]
    assert durable_seq <= max([acked_seq, *certain]), f"frames up to {durable_seq} were called durable"

    spool = Spool(directory / SESSION, SESSION)
    if recover(spool) is None:
        lost = [seq for seq in certain if seq > acked_seq]
        assert not lost, f"frames {lost} were on the disk"
        return  # nothing is left of the session here: the server ends it as lost, and its log goes on from its cursor
    flow = Flow(spool, Sealer(KEY, "agt", SESSION, spool.acked_seq, spool.acked_head))
    flow.go_on_after(acked_seq, acked_head)
    found = []
    while (piece := spool.read(flow.sealer.seq)) is not None:
        found += [(f.seq, f.stream, bytes(piece.frames[f.start : f.end])) for f in locate(piece.frames)]
        flow.sealer.seal(piece, 1)
    assert [seq for seq, _, _ in found] == list(range(acked_seq + 1, spool.head_seq + 1)), "a hole, or a number twice"
    kept = {seq: raw for seq, stream, raw in found if stream is not Stream.EVENT}
    assert all(raw == written[seq] for seq, raw in kept.items()), "a frame was changed"
    lost = [seq for seq in certain if seq > acked_seq and kept.get(seq) != certain[seq]]
    assert not lost, f"frames {lost} were on the disk"
    spool.close()
    following = SpoolWriter(str(spool.path), 2, spool.head_seq + 1, SEGMENT_BYTES)
    following.append([(Stream.STDOUT, b"the next epoch")])
    following.close()
    again = Spool(directory / SESSION, SESSION)
    again.recover()
    assert again.head_seq == spool.head_seq + 1


def _check_journal(tape: Tape, at: int, directory: Path) -> None:
    if not any(operation.what == "rename" for operation in tape.operations[:at]):
        return  # nothing was ever promised
    journal = Journal(directory / "journal")
    numbers = [int(line.split()[1]) for line in journal.lines]
    promised = tape.promised(at, "journaled")
    assert numbers == list(range(1, len(numbers) + 1)), "a line was lost, doubled or moved"
    assert len(numbers) >= len(promised), "a durable line was lost"
    journal.close()


def _everything(tape: Tape, at: int) -> dict[str, bytes]:
    """Return all that was ever in each segment, also in those that were unlinked."""
    contents: dict[int, bytearray] = {}
    names: dict[int, str] = {}
    for operation in tape.operations[:at]:
        if operation.what == "create":
            contents[operation.place], names[operation.place] = bytearray(), str(operation.file)
        elif isinstance(operation.file, int) and operation.what in ("write", "truncate"):
            _apply(contents[operation.file], operation)
    return {f"{names[inode]}": bytes(content) for inode, content in contents.items()}


def frames_of(files: dict[str, bytes]) -> dict[int, bytes]:
    """Return the whole frames of all segments by their numbers."""
    segments = (content for name, content in sorted(files.items()) if name.endswith(".seg"))
    return {found.seq: content[found.start : found.end] for content in segments for found in locate(content)}


def repeat(repetitions: int, seed: int, directory: Path) -> int:
    """Lose power at every operation of a recorded run, `repetitions` times each; return how many times that was."""
    tape = record(directory / "recorded", seed)
    count = 0
    for at in range(len(tape.operations) + 1):
        for repetition in range(repetitions):
            count += 1
            where = directory / f"lost-{at}-{repetition}"
            where.mkdir()
            try:
                survive(tape, at, seed + at * 1000 + repetition, where)
            except Exception as broken:
                raise AssertionError(f"seed {seed}, operation {at}, repetition {repetition}: {broken}") from broken
    return count


if __name__ == "__main__":
    given = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    print(f"seed {given}")
    with tempfile.TemporaryDirectory() as place:
        print(f"power was lost {repeat(int(sys.argv[1]), given, Path(place))} times, and nothing else")
