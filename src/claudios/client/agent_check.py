"""Ask a server, with an agent's keys, how it sees that agent; it is what `claudios doctor` checks with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic_ns, time_ns
from uuid import uuid4

from claudios.client.address import Address
from claudios.client.http import Http
from claudios.client.reading import parse, read
from claudios.protocol.codec import CONTENT_TYPE, encode
from claudios.protocol.frame import Frame, Stream
from claudios.protocol.frame import encode as encode_frame
from claudios.protocol.ids import AgentKeys
from claudios.protocol.signing import GENESIS, advance, seal

CHECK = "/agent/v1/check"
MOST_SESSIONS = 200
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class AgentStanding:
    """How the server sees the agent. `expires_ms` is set when its token was rotated out; `stored` is by session."""

    agent_id: str
    agent_name: str
    key_id: str
    online: bool
    server_version: str
    server_time_ms: int
    expires_ms: int | None = None
    carrier: str | None = None
    stored: Mapping[str, object] = field(default_factory=dict)


class AgentCheck:
    """One agent's questions to its server."""

    def __init__(self, address: Address, keys: AgentKeys, ca_file: Path | None = None) -> None:
        self._http = Http(address, keys.auth, TIMEOUT_SECONDS, ca_file=ca_file)
        self._keys = keys

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def standing(self, session_ids: Sequence[str] = ()) -> AgentStanding:
        """Return how the server sees the agent. Raises NotSignedIn for an unknown, revoked or expired token."""
        query = "&".join(f"session={each}" for each in session_ids[:MOST_SESSIONS])
        return read(AgentStanding, parse(self._http.exchange("GET", f"{CHECK}?{query}" if query else CHECK)))

    def prove(self, agent_id: str) -> None:
        """Have a signature of this agent's key checked. Raises SignatureInvalid when the server's key is another."""
        frame = encode_frame(Frame(Stream.EVENT, 1, 1, monotonic_ns(), time_ns() // 1_000_000, b'{"event":"check"}'))
        batch = seal(
            self._keys.sign,
            agent_id,
            session_id=str(uuid4()),
            boot=0,  # no registration has it, so no link takes this batch
            epoch=1,
            first_seq=1,
            last_seq=1,
            previous=GENESIS,
            head=advance(GENESIS, frame),
            frames=frame,
        )
        self._http.exchange("POST", CHECK, encode([batch]), CONTENT_TYPE)
