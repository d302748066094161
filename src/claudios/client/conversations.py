"""Conversations that were held on a machine outside of ClaudiOS, and sessions that go on with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from claudios.client.http import Http, segment
from claudios.client.reading import read
from claudios.client.shapes import Session


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as Claude keeps it. `title` is its summary or first words; `is_running`: a Claude has it open."""

    id: str
    directory: str
    title: str
    modified_ms: int
    size: int
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class Conversations:
    """A page of them, newest first; the next one is after `next_skip`."""

    conversations: tuple[Conversation, ...]
    next_skip: int | None = None
    is_cut: bool = False


class ConversationRequests:
    """The requests about them, for `Client`."""

    _http: Http

    def conversations(self, agent_id: str, skip: int = 0) -> Conversations:
        """Return a page of the conversations on a machine. Raises Conflict where it is away."""
        path = f"/agents/{segment(agent_id)}/conversations"
        return read(Conversations, self._http.ask("GET", path, query={"skip": skip or None}))

    def all_conversations(self, agent_id: str) -> Iterator[Conversation]:
        """Yield the conversations on a machine, newest first, page by page. Raises Conflict where it is away."""
        skip: int | None = 0
        while skip is not None:
            page = self.conversations(agent_id, skip)
            yield from page.conversations
            skip = page.next_skip

    def import_conversation(
        self,
        agent_id: str,
        conversation_id: str,
        *,
        prompt: str | None = None,
        title: str | None = None,
        model: str | None = None,
        permission_mode: str | None = None,
    ) -> Session:
        """Go on with a conversation as a session; asked for again, the session is the one of before."""
        body = {"prompt": prompt, "title": title, "model": model, "permission_mode": permission_mode}
        given = {name: value for name, value in body.items() if value is not None}
        path = f"/agents/{segment(agent_id)}/conversations/{segment(conversation_id)}/import"
        return read(Session, self._http.ask("POST", path, given))
