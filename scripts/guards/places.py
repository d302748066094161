"""Where the tests are that notice a missing guard."""

from __future__ import annotations

DURABLE = "tests/unit/server/test_durable.py"
POWER = "tests/faults/test_disk.py"
FRAME = "tests/unit/protocol/test_frame.py"
SIGNING = "tests/unit/protocol/test_signing.py"
CERTAIN = "tests/unit/agent/output/test_power.py"
TOMBSTONE = "tests/unit/protocol/test_tombstone.py"
RETENTION = "tests/integration/test_retention.py"
KEYBOARD = "tests/unit/agent/test_keyboard.py"
TERMINAL = "tests/integration/test_shim_terminal.py"
TERMINALS = "tests/integration/test_terminals.py"
COMMIT = "tests/integration/test_ack_after_commit.py"
CHECKPOINTS = "tests/integration/test_record.py::TestIngest"
RECORD = "tests/unit/protocol/test_record.py"
COMPRESSION = "tests/unit/protocol/test_compression.py"
LINK = "tests/unit/protocol/test_link.py"
JOURNAL = "tests/unit/agent/instructions/test_journal.py"
INBOX = "tests/unit/agent/instructions/test_inbox.py"
DISPATCH = "tests/unit/agent/instructions/test_dispatch.py"
SPOOL = "tests/unit/agent/output/test_spool.py"
VERIFY = "tests/unit/server/ingest/test_verify.py"
SERVER = "tests/integration/test_server_link.py"
SHARES = "tests/integration/test_shares.py"
ACCESS = "tests/integration/test_server_access.py"
REVISE = "tests/contract/test_revise.py"
RULES = "tests/integration/test_server_rules.py"
RIGHTS = "tests/integration/test_viewer_rights.py"
IN_USE = "tests/integration/test_agent_in_use.py"
PATH = "tests/contract/test_data_path_store.py"
TAIL = (
    f"{PATH}::TestLog::"
    "test_a_tail_begins_where_so_many_bytes_and_batches_follow_and_not_before_where_it_is_asked_from[sqlite]"
)
THEIR_OWN = "tests/contract/test_once.py"
ACCOUNTS = "tests/contract/test_accounts.py"
UPLINK = "tests/integration/test_agent_link.py"
FEED = "tests/unit/server/live/test_feed.py"
STRANGER = (
    f"{ACCESS}::test_a_stranger_cannot_tell_what_exists_from_what_never_was",
    f"{ACCESS}::test_ones_own_things_are_not_anothers",
)
