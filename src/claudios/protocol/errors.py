"""Every error ClaudiOS raises on purpose, as one tree.

ClaudiosError
├── ProtocolError          the other side broke a rule of docs/protocol.md
│   ├── FrameInvalid           frame_invalid
│   ├── MessageInvalid         message_invalid
│   ├── MessageTooLarge        message_too_large
│   ├── OutOfOrder             out_of_order
│   ├── SignatureInvalid       signature_invalid
│   ├── ChainBroken            chain_broken
│   └── VersionUnsupported     version_unsupported
├── Refused                the request is understood and not granted
│   ├── InputInvalid           input_invalid
│   ├── NotSignedIn            not_signed_in
│   ├── Forbidden              forbidden
│   ├── NotFound               not_found
│   ├── Conflict               conflict
│   │   ├── Exists                 exists
│   │   └── Pending                pending
│   ├── Superseded             superseded
│   ├── AgentInUse             agent_in_use
│   ├── PolicyForbids          policy_forbids
│   ├── Expired                expired
│   ├── MachineAway            machine_away
│   ├── AgentOutdated          agent_outdated
│   └── TooMany                too_many
└── LocalError             this machine cannot do it now
    ├── SettingInvalid         setting_invalid
    ├── TokenInvalid           token_invalid
    ├── ClaudeNotFound         claude_not_found
    ├── SessionLost            session_lost
    ├── SpawnFailed            spawn_failed
    ├── AlreadyRunning         already_running
    ├── SpoolDamaged           spool_damaged
    ├── DiskFull               disk_full
    ├── Unavailable            unavailable
    └── Unreachable            unreachable
        └── AddressForbidden       address_forbidden

A class's docstring is its default message and names the remedy. `code` is stable and crosses the wire.
"""

from __future__ import annotations


class ClaudiosError(Exception):
    """Something went wrong in ClaudiOS. See the log for the details."""

    code = "error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or self.code)

    @property
    def message(self) -> str:
        return str(self.args[0])


class ProtocolError(ClaudiosError):
    """The other side sent something the protocol does not allow. Upgrade the older of agent and server."""

    code = "protocol_error"


class FrameInvalid(ProtocolError):
    """A frame is damaged: its magic, length or checksum is wrong. The log up to it is intact."""

    code = "frame_invalid"


class MessageInvalid(ProtocolError):
    """A message is not one the protocol knows. Upgrade the older of agent and server."""

    code = "message_invalid"


class MessageTooLarge(ProtocolError):
    """A message is larger than the limit the server announced. Send it in smaller batches."""

    code = "message_too_large"


class OutOfOrder(ProtocolError):
    """A message arrived in a state of the link that does not allow it. Reconnect to start afresh."""

    code = "out_of_order"


class SignatureInvalid(ProtocolError):
    """The signature does not match the content. Check that the agent uses its newest token."""

    code = "signature_invalid"


class ChainBroken(ProtocolError):
    """The frames do not continue the chain that is stored. The record and the machine's spool differ."""

    code = "chain_broken"


class VersionUnsupported(ProtocolError):
    """The other side speaks a protocol version this one does not know. Upgrade the older of the two."""

    code = "version_unsupported"


class Refused(ClaudiosError):
    """The request was refused."""

    code = "refused"


class InputInvalid(Refused):
    """A value in the request is not valid. Correct it and send the request again."""

    code = "input_invalid"

    def __init__(self, message: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotSignedIn(Refused):
    """You are not signed in. Sign in, or send a valid token."""

    code = "not_signed_in"


class Forbidden(Refused):
    """Your role does not allow this. Ask an owner of the project."""

    code = "forbidden"


class NotFound(Refused):
    """There is nothing here that you may see. Check the id, and that you are a member of its project."""

    code = "not_found"


class Conflict(Refused):
    """The thing has changed, or is already decided. Reload it and look again."""

    code = "conflict"


class Exists(Conflict):
    """There is something of that name already. Choose another name, or say that it is to be replaced."""

    code = "exists"


class Pending(Conflict):
    """Nobody has decided yet. Ask again in a moment."""

    code = "pending"


class BudgetSpent(Refused):
    """A budget is used up. Raise it, or wait until it is fresh again."""

    code = "budget_spent"


class Superseded(Refused):
    """A newer registration of the same agent has taken over. Stop one of the two daemons."""

    code = "superseded"


class AgentInUse(Refused):
    """Another daemon is connected as this agent. Give each machine an agent of its own, or stop the other one."""

    code = "agent_in_use"


class PolicyForbids(Refused):
    """The machine's own policy does not allow this. Change the agent's configuration on that machine."""

    code = "policy_forbids"


class Expired(Refused):
    """It is too late for this. Ask again."""

    code = "expired"


class MachineAway(Refused):
    """The machine is offline, or did not answer in time. Try again when it is connected."""

    code = "machine_away"


class AgentOutdated(Refused):
    """The agent on that machine is too old for this. Update the agent there."""

    code = "agent_outdated"


class TooMany(Refused):
    """Too many requests. Wait a little and try again."""

    code = "too_many"

    def __init__(self, message: str | None = None, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class LocalError(ClaudiosError):
    """This machine cannot do that now."""

    code = "local_error"


class SettingInvalid(LocalError):
    """A setting is wrong, unknown or missing. Correct it where it was given."""

    code = "setting_invalid"


class TokenInvalid(LocalError):
    """The token is mistyped or cut short. Copy it again, or create a new one on the server's page."""

    code = "token_invalid"


class ClaudeNotFound(LocalError):
    """The Claude CLI was not found. Install it, or set `claudePath` in the agent's configuration."""

    code = "claude_not_found"


class SessionLost(LocalError):
    """The session is not running any more. Resume it, or start a new one."""

    code = "session_lost"


class SpawnFailed(LocalError):
    """The Claude CLI could not be started. Check the directory, its permissions and the machine's limits."""

    code = "spawn_failed"


class AlreadyRunning(LocalError):
    """Another process already uses this state directory. Stop it first."""

    code = "already_running"


class SpoolDamaged(LocalError):
    """The spool on disk is damaged. The session's earlier output is safe on the server."""

    code = "spool_damaged"


class DiskFull(LocalError):
    """The disk of the agent's state directory takes nothing. Free some space; everything goes on by itself then."""

    code = "disk_full"


class Unavailable(LocalError):
    """The server cannot do this now. Wait a little and try again; its log says why."""

    code = "unavailable"


class Unreachable(LocalError):
    """The server cannot be reached. Check `serverUrl`, the network and that the server is running."""

    code = "unreachable"


class AddressForbidden(Unreachable):
    """This address is not one that the server speaks to. Name a public one, or have --notify-networks allow it."""

    code = "address_forbidden"
