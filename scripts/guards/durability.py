"""Guards of what is on the disk: that it stays there, and that damage is noticed."""

from __future__ import annotations

from scripts.guards.guard import Guard
from scripts.guards.places import CERTAIN, FRAME, JOURNAL, POWER, SPOOL

DURABILITY = (
    Guard(
        "fsync-spool",
        "a frame that is called durable survives a loss of power",
        "shim/syncer.py",
        "    def _sync(self, file: int, *, close: bool) -> None:\n        try:\n            _to_disk(file)",
        "    def _sync(self, file: int, *, close: bool) -> None:\n        try:\n            pass",
        (POWER,),
    ),
    Guard(
        "fsync-spool-directory",
        "the name of a new segment survives, and with it what is in it",
        "shim/spool.py",
        "        self._syncer.sync(os.open(self._directory, os.O_RDONLY), close=True)",
        "        pass",
        (CERTAIN,),
    ),
    Guard(
        "fsync-journal",
        "an instruction is on disk before `received` names it",
        "agent/instructions/journal.py",
        "                os.fdatasync(self._file)",
        "                pass",
        (POWER,),
    ),
    Guard(
        "fsync-journal-cut",
        "a tail that was cut from the journal does not come back",
        "agent/instructions/journal.py",
        "            os.fsync(self._file)",
        "            pass",
        (CERTAIN,),
    ),
    Guard(
        "fsync-private-file",
        "a file that replaces another is whole before it takes its name",
        "agent/durable.py",
        "            os.fsync(file)",
        "            pass",
        (POWER,),
    ),
    Guard(
        "fsync-private-name",
        "a file that replaces another stays in its place",
        "agent/durable.py",
        "    sync_directory(path.parent)",
        "    pass",
        (POWER,),
    ),
    Guard(
        "fsync-directory",
        "names in a directory survive",
        "agent/durable.py",
        "        os.fsync(descriptor)",
        "        pass",
        (POWER,),
    ),
    Guard(
        "fsync-cursor",
        "the cursor of a spool is on disk before a segment goes",
        "agent/output/cursor.py",
        "            os.fsync(file)",
        "            pass",
        (POWER,),
    ),
    Guard(
        "fsync-closing-events",
        "what is added for a dead writer is durable before its number is told",
        "agent/output/spool.py",
        "            os.fsync(file)",
        "            pass",
        (CERTAIN,),
    ),
    Guard(
        "fsync-closing-name",
        "the segment of what is added for a dead writer keeps its name",
        "agent/output/spool.py",
        "            os.close(file)\n        sync_directory(self.path)",
        "            os.close(file)",
        (CERTAIN,),
    ),
    Guard(
        "fsync-recovery",
        "what a recovery unlinks does not come back",
        "agent/output/spool.py",
        "            self._drop_from(0)\n        sync_directory(self.path)",
        "            self._drop_from(0)",
        (CERTAIN,),
    ),
    Guard(
        "cursor-before-unlink",
        "a segment goes only after the cursor that makes it needless is on disk",
        "agent/output/spool.py",
        "        try:\n            self.save_cursor()\n        except OSError as problem:",
        "        try:\n            pass\n        except OSError as problem:",
        (f"{SPOOL}::test_the_cursor_is_on_disk_before_a_segment_goes",),
    ),
)

CHECKSUMS = (
    Guard(
        "crc-frame",
        "a frame with a changed bit is refused",
        "protocol/frame.py",
        "        if crc32(view[start + HEADER_BYTES : end], crc32(view[start:body])) != crc:",
        "        if False and crc:",
        (f"{FRAME}::test_every_changed_bit_is_refused_and_the_frame_before_stays_intact",),
    ),
    Guard(
        "crc-journal",
        "a damaged line of the journal is cut, not believed",
        "agent/instructions/journal.py",
        '        if checksum != b"%08x" % crc32(line):',
        "        if not checksum:",
        (f"{JOURNAL}::test_a_changed_bit_is_noticed",),
    ),
    Guard(
        "checksum-token",
        "a mistyped token is recognised before it is sent anywhere",
        "protocol/ids.py",
        "    if not hmac.compare_digest(checksum, _checksum(body)):\n        raise TokenInvalid\n",
        "",
        ("tests/unit/protocol/test_ids.py::test_every_mistyped_letter_is_noticed",),
    ),
    Guard(
        "spool-contiguous",
        "a spool that lacks frames is noticed, not read over",
        "agent/output/spool.py",
        "                if found.seq != seq + 1:\n                    raise SpoolDamaged(",
        "                if False:\n                    raise SpoolDamaged(",
        (SPOOL,),
    ),
)
