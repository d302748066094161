"""Guards of what verification finds in a record, and in a file that holds one."""

from __future__ import annotations

from scripts.guards.guard import Guard
from scripts.guards.places import RECORD, TOMBSTONE

_TAMPERING = f"{RECORD}::TestTampering"

RECORDS = (
    Guard(
        "record-missing",
        "verification names a batch that was taken out",
        "protocol/record.py",
        "        if batch.first_seq > first:",
        "        if False:",
        (f"{_TAMPERING}::test_a_row_taken_out_is_missing_from_its_first_frame",),
    ),
    Guard(
        "record-numbers",
        "verification names a frame that stands where another belongs",
        "protocol/record.py",
        "                if found.seq != at + 1:",
        "                if False:",
        (f"{_TAMPERING}::test_swapped_rows_are_named_at_the_first",),
    ),
    Guard(
        "record-epoch",
        "verification names a frame of another process",
        "protocol/record.py",
        "                if found.epoch != batch.epoch:",
        "                if False:",
        (f"{_TAMPERING}::test_a_frame_of_another_process_of_the_session_is_named",),
    ),
    Guard(
        "record-cut-batch",
        "verification names a batch that was cut within a frame",
        "protocol/record.py",
        "        if end != len(frames) or at < batch.last_seq:",
        "        if False:",
        (f"{_TAMPERING}::test_a_batch_that_ends_within_a_frame_is_refused",),
    ),
    Guard(
        "record-batch",
        "verification names a batch that holds more than it says",
        "protocol/record.py",
        "        if at > batch.last_seq or batch.first_seq != first:",
        "        if False:",
        (f"{_TAMPERING}::test_a_batch_that_holds_more_than_it_names_is_refused",),
    ),
    Guard(
        "record-previous",
        "a batch continues the chain of the frames before it",
        "protocol/record.py",
        "        if batch.previous != self.head:",
        "        if False:",
        (f"{_TAMPERING}::test_a_batch_that_names_another_beginning_is_refused_by_whoever_has_no_key",),
    ),
    Guard(
        "record-head",
        "the frames of a batch lead to the head it names",
        "protocol/record.py",
        "        if batch.head != head:",
        "        if False:",
        (f"{_TAMPERING}::test_a_batch_whose_frames_do_not_lead_to_its_head_is_refused_by_whoever_has_no_key",),
    ),
    Guard(
        "record-key",
        "checkpoints count under keys of their agent alone",
        "protocol/record.py",
        "        if checkpoint.key not in self._keys:",
        "        if False:",
        (f"{_TAMPERING}::test_checkpoints_of_a_key_that_its_agent_never_told_are_refused",),
    ),
    Guard(
        "record-checkpoint-missing",
        "verification names a checkpoint that was taken out",
        "protocol/record.py",
        "        if checkpoint.n > expected:",
        "        if False:",
        (f"{_TAMPERING}::test_a_checkpoint_taken_out_is_missed",),
    ),
    Guard(
        "record-silence",
        "a checkpoint over silence names the head where the log stands",
        "protocol/record.py",
        "        if checkpoint.head != self.head.hex():",
        "        if False:",
        (f"{_TAMPERING}::test_a_checkpoint_over_silence_that_names_another_head_is_refused",),
    ),
    Guard(
        "record-cut",
        "a log that ends before what its machine has signed was cut",
        "protocol/record.py",
        "        if self.fault is None and self._ahead:",
        "        if False:",
        (f"{_TAMPERING}::test_a_tail_that_was_cut_is_named_though_the_rest_is_whole",),
    ),
    Guard(
        "record-end",
        "a log ends where it is said to",
        "protocol/record.py",
        "(self.seq != last_seq or (head is not None and head != self.head))",
        "last_seq < 0",
        (f"{_TAMPERING}::test_a_log_that_ends_elsewhere_than_it_is_said_to_is_refused",),
    ),
    Guard(
        "record-not-closed",
        "a session that has ended has its end signed by its machine",
        "protocol/record.py",
        "        if self.fault is None and closing is Closing.NOT_CLOSED:",
        "        if False:",
        (f"{_TAMPERING}::test_the_last_checkpoints_taken_out_leave_the_record_open",),
    ),
    Guard(
        "record-late",
        "checkpoints that stopped show that a tail may have been cut",
        "protocol/record.py",
        "        if self.fault is None and closing is Closing.LATE:",
        "        if False:",
        (f"{RECORD}::TestClosing::test_checkpoints_that_stopped_show_that_the_tail_may_be_cut",),
    ),
    Guard(
        "record-tombstone-first",
        "a tombstone stands for the first of the frames, once",
        "protocol/record.py",
        "        if self.seq or self.checkpoints or self.tombstone is not None:",
        "        if False:",
        (TOMBSTONE,),
    ),
    Guard(
        "record-tombstone-checkpoints",
        "the checkpoints of what was removed are all there",
        "protocol/record.py",
        "        if self.checkpoints < tombstone.checkpoints:",
        "        if False:",
        (TOMBSTONE,),
    ),
)

_FILE = "tests/unit/protocol/test_record_file.py"

FILES = (
    Guard(
        "file-magic",
        "what is no record is not read as one",
        "protocol/record_file.py",
        "    if source.take(len(MAGIC)) != MAGIC:",
        "    if not source.take(len(MAGIC)):",
        (f"{_FILE}::test_what_does_not_begin_as_a_record_is_none",),
    ),
    Guard(
        "file-bound",
        "no part of a record is longer than a message may be",
        "protocol/record_file.py",
        "        if length > MAX_MESSAGE_BYTES:",
        "        if False:",
        (f"{_FILE}::test_a_part_that_says_it_is_too_long_is_refused_unread",),
    ),
    Guard(
        "file-kind",
        "a part of a kind that nobody knows is damage",
        "protocol/record_file.py",
        "        if kind != JSON_KIND:",
        "        if False:",
        (f"{_FILE}::test_a_part_of_an_unknown_kind_is_refused",),
    ),
    Guard(
        "file-cut",
        "a record that ends in the middle was cut",
        "protocol/record_file.py",
        "            if piece is None:\n                raise MessageInvalid(",
        "            if piece is None:\n                raise StopIteration(",
        (f"{_FILE}::test_a_record_that_was_cut_anywhere_is_refused",),
    ),
    Guard(
        "file-end",
        "nothing follows the end of a record",
        "protocol/record_file.py",
        "            if not source.is_empty():",
        "            if False:",
        (f"{_FILE}::test_what_follows_the_end_is_refused",),
    ),
    Guard(
        "file-counts",
        "a record holds as many parts as its end says",
        "client/record.py",
        "                    (part.batches, part.checkpoints) == (check.batches, check.checkpoints)"
        " or check.fault is not None",
        "                    True",
        (f"{_FILE}::test_an_end_that_counts_other_parts_is_refused",),
    ),
    Guard(
        "file-session",
        "a record holds frames of its session alone",
        "client/record.py",
        "                _require(part.session_id == header.session_id)\n                check.batch(part)",
        "                check.batch(part)",
        (f"{_FILE}::test_a_part_of_another_session_is_refused",),
    ),
)
