"""What an agent may be asked about conversations that were held outside of ClaudiOS, as Claude keeps them (L-23)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool

from claudios.protocol.asking import Kind
from claudios.protocol.fields import BigCount, Count, Model, SessionId, Short, Text

MAX_CONVERSATIONS = 50
"""In one answer."""
MAX_IMPORT_BYTES = 32 * 1024 * 1024
"""Of a conversation's own lines: more is not put at the beginning of a session's log."""


class Conversation(Model):
    """A conversation on the machine's disk. `title` is its summary or first words, empty where nothing was said.

    `size` is that of Claude's file, which holds more than what was said. `is_running`: a Claude has it open.
    """

    id: SessionId
    directory: Text
    title: Short
    modified_ms: BigCount
    size: BigCount
    is_running: StrictBool = False


class ListConversations(Model):
    """Which conversations were held on this machine, in directories that the policy allows? `skip` goes on after so
    many.
    """

    skip: Count = 0


class Conversations(Model):
    """Newest first. After these there may be `more`; `is_cut`: the oldest were not looked at, they are too many."""

    conversations: Annotated[tuple[Conversation, ...], Field(max_length=MAX_CONVERSATIONS)]
    more: StrictBool
    is_cut: StrictBool = False


class FindConversation(Model):
    """How does the conversation of this id stand?"""

    id: SessionId


LIST_CONVERSATIONS = Kind("list_conversations", ListConversations, Conversations)
FIND_CONVERSATION = Kind("find_conversation", FindConversation, Conversation)
