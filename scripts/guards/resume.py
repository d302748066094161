"""Guards of going on: an agent after a reconnect, and a reader of a log that falls behind."""

from __future__ import annotations

from scripts.guards.guard import Guard
from scripts.guards.places import FEED, UPLINK

RESUME = (
    Guard(
        "reconnect-cursor",
        "after a reconnect output goes on where the server stands",
        "agent/output/streamer.py",
        "            if cursor is not None:\n                self._resume(flow, cursor)",
        "            if cursor is not None:\n                pass",
        (f"{UPLINK}::test_after_a_reconnect_the_agent_goes_on_where_the_server_stands",),
    ),
    Guard(
        "reconnect-head",
        "output goes on only behind the very frames that the server has",
        "agent/output/flow.py",
        "        elif expected != head:",
        "        elif False:",
        ("tests/unit/agent/output/test_flow.py",),
    ),
    Guard(
        "reconnect-unknown",
        "what the server has forgotten does not go on in the middle",
        "agent/output/streamer.py",
        "            elif spool.session_id in named and spool.acked_seq:",
        "            elif False:",
        (f"{UPLINK}::test_a_session_that_the_server_does_not_know_is_left_alone",),
    ),
    Guard(
        "rewind",
        "after a rewind output goes on where the server stands",
        "agent/output/streamer.py",
        "        self._resume(flow, rewind)\n",
        "",
        (f"{UPLINK}::test_after_a_rewind_the_agent_goes_on_where_the_server_stands",),
    ),
    Guard(
        "feed-once",
        "what a reader has from the log is not given again by what waited",
        "server/live/feed.py",
        "            if piece.last_seq > self.position:",
        "            if piece:",
        (f"{FEED}::test_what_was_read_from_the_log_is_not_given_again_by_what_waited",),
    ),
    Guard(
        "feed-trimmed",
        "of what waited a reader gets what follows the log it has read",
        "server/live/feed.py",
        "                pieces.append(_after(piece, self.position))",
        "                pieces.append(piece.frames)",
        (f"{FEED}::test_what_was_read_from_the_log_is_not_given_again_by_what_waited",),
    ),
    Guard(
        "feed-behind",
        "a reader whose queue overflowed reads on from the log",
        "server/live/feed.py",
        "        if not self._waiting.offer(stored):\n            self._is_behind = True\n",
        "        self._waiting.offer(stored)\n",
        (f"{FEED}::test_what_overflowed_while_nobody_took_it_is_read_from_the_log",),
    ),
    Guard(
        "feed-gap",
        "a reader is given no piece that leaves a gap",
        "server/live/waiting.py",
        "        return bool(self._pieces) and self._pieces[0].first_seq <= seq",
        "        return bool(self._pieces) and seq > 0",
        (f"{FEED}::test_what_was_read_from_the_log_is_not_given_again_by_what_waited",),
    ),
)
