"""Every message of the link, and the bodies of instructions, as checked values.

Agent to server: Hello, Received, Report, Status, AgentError, Checkpoint, Paths, Answer, and batches (signing.Batch).
Server to agent: Welcome, Instruction, Reported, Ack, Rewind, Checkpointed, Tune, ListPaths, Ask, Typed, Bye.
Unknown keys are ignored, so that a newer side can say more; unknown types are refused.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import Field, StrictBool, StrictInt, TypeAdapter
from pydantic import ValidationError as PydanticInvalid

from claudios.protocol.asking import Answer, Ask
from claudios.protocol.errors import MessageInvalid
from claudios.protocol.fields import (
    BigCount,
    BigPositive,
    Count,
    Hex32,
    Hex64,
    Milliseconds,
    Model,
    Number,
    Positive,
    SessionId,
    Short,
    Text,
)
from claudios.protocol.terminal import TerminalSize

PROTOCOL_VERSION = 1

T = TypeVar("T")


class SessionState(StrEnum):
    """The life of a session: queued → starting → running → ended."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a session ended: by itself, on request, because it could not start or run, or with its machine."""

    EXITED = "exited"
    TERMINATED = "terminated"
    FAILED = "failed"
    LOST = "lost"


class Mode(StrEnum):
    """How Claude runs: `chat` is structured JSON lines, `terminal` its full screen. The SDK's mode joins them later."""

    CHAT = "chat"
    TERMINAL = "terminal"


class PermissionMode(StrEnum):
    """The CLI's permission modes that a session can start in."""

    DEFAULT = "default"
    ACCEPT_EDITS = "acceptEdits"
    PLAN = "plan"
    DONT_ASK = "dontAsk"
    AUTO = "auto"
    BYPASS = "bypassPermissions"


class Machine(Model):
    """What an agent says of its machine. `demo` marks an agent whose Claude answers from the scripted model.

    `modes` are those in which sessions may run there: agents that do not say so know chat only.
    `answers` names the kinds of question (protocol.asking) that the agent answers; those of before answer none.
    """

    hostname: Short
    os: Short
    arch: Short
    cpus: Positive
    memory_bytes: Count
    claude_version: Short | None = None
    claude_signed_in: StrictBool | None = None
    demo: StrictBool = False
    directories: tuple[Text, ...] = ()
    default_directory: Text
    permission_modes: tuple[PermissionMode, ...]
    modes: tuple[Mode, ...] = (Mode.CHAT,)
    answers: tuple[Short, ...] = ()
    max_concurrent_sessions: Positive


class Worktree(Model):
    """A git worktree of a session: Claude works in `directory` of it, on `branch`, made from `base` of `repository`.

    Without `base` it was made from a commit that no branch was checked out at.
    """

    repository: Text
    directory: Text
    branch: Short
    base: Short | None = None


class SessionStatus(Model):
    """One session as its agent sees it; `seq` and `head` are the newest frame it has chained.

    `last_seq` is the newest frame that is on its way to the server; absent when nothing more of the session comes.
    """

    session_id: SessionId
    epoch: Positive
    state: SessionState
    reason: EndReason | None = None
    detail: Text | None = None
    exit_code: StrictInt | None = None
    seq: Count = 0
    head: Hex32 | None = None
    last_seq: Count | None = None
    worktree: Worktree | None = None


class Hello(Model):
    """First message of an agent on every connection. `received` is its cursor in the instruction log.

    `checkpoint_key` is the public half of the machine's Ed25519 key. `installation` names the agent's state directory,
    `run` the process: that is how a restart is told from a second daemon with the same token.
    `opening` counts the connections of one `run`, from 1; 0 where the agent does not count them.
    `lists_paths` says that the agent knows that question.
    """

    type: Literal["hello"] = "hello"
    protocol: Positive = PROTOCOL_VERSION
    agent_version: Short
    instance: Short
    machine: Machine
    sessions: tuple[SessionStatus, ...] = ()
    received: Count = 0
    checkpoint_key: Hex32 | None = None
    installation: Short | None = None
    run: Short | None = None
    opening: Count = 0
    lists_paths: StrictBool = False


class Received(Model):
    """All instructions up to `iseq` are in the agent's journal, on disk."""

    type: Literal["received"] = "received"
    iseq: Count


class Outcome(StrEnum):
    """What became of an instruction."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    SESSION_LOST = "session_lost"
    UNKNOWN = "unknown"


class Report(Model):
    """What became of one instruction; sent again on every connection until the server says Reported."""

    type: Literal["report"] = "report"
    instruction_id: Short
    outcome: Outcome
    code: Short | None = None
    message: Text | None = None


class Status(Model):
    """How the machine and its sessions are. Load is the one-minute average; `wall_ms` is what its clock shows.

    `disk_bytes` is how large the disk is that has `disk_free_bytes`: agents of before do not say so.
    """

    type: Literal["status"] = "status"
    load: Number
    memory_used_bytes: Count
    disk_free_bytes: Count
    disk_bytes: BigPositive | None = None
    agent_memory_bytes: Count
    wall_ms: BigCount | None = None
    sessions: tuple[SessionStatus, ...]


class AgentError(Model):
    """Something went wrong on the machine that a person should see; with `resolved`, it is over.

    One of the same code and session takes the place of the one before.
    """

    type: Literal["error"] = "error"
    code: Short
    message: Text
    session_id: SessionId | None = None
    resolved: StrictBool = False


class Checkpoint(Model):
    """What the machine's own key says of a session's chain: `head` is the chain head after frame `seq`, at `at_ms`.

    Number `n` counts a session's checkpoints from 1; `previous` is the digest of the one before. By `next_ms` another
    one is made while the session lives; with a `final` one its log has ended. How it is signed: protocol.checkpoints.
    """

    type: Literal["checkpoint"] = "checkpoint"
    session_id: SessionId
    n: BigPositive
    seq: BigPositive
    head: Hex32
    at_ms: BigCount
    next_ms: BigCount
    previous: Hex32
    final: StrictBool = False
    key: Hex32
    signature: Hex64


class Paths(Model):
    """Answer to ListPaths. Paths count from the directory, those of directories end with a slash.

    `is_cut`: there may be more. `problem` says why there can be none.
    """

    type: Literal["paths"] = "paths"
    id: Short
    paths: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    is_cut: StrictBool = False
    problem: Text | None = None


class Cursor(Model):
    """How far the server has a session's log: the last stored seq (0 for none) and the chain head after it."""

    session_id: SessionId
    seq: Count
    head: Hex32


class Limits(Model):
    """What the server takes: the largest message, and how many bytes of batches may await acknowledgement."""

    max_message_bytes: Positive = 4 * 1024 * 1024
    window_bytes: Positive = 8 * 1024 * 1024


class Welcome(Model):
    """Answer to Hello. `boot` numbers this registration; everything of an older boot is superseded.

    `takes_checkpoints` says that the server knows that message, `takes_compressed` that it knows compressed batches.
    """

    type: Literal["welcome"] = "welcome"
    protocol: Positive = PROTOCOL_VERSION
    agent_id: Short
    agent_name: Short
    boot: Positive
    server_time_ms: Milliseconds
    cursors: tuple[Cursor, ...] = ()
    limits: Limits = Limits()
    takes_checkpoints: StrictBool = False
    takes_compressed: StrictBool = False


class InstructionKind(StrEnum):
    """What the server asks of an agent."""

    START_SESSION = "start_session"
    COMMAND = "command"
    TERMINATE_SESSION = "terminate_session"


class Instruction(Model):
    """One entry of an agent's instruction log. `body` is the JSON text of the kind's body, signed as it stands."""

    type: Literal["instruction"] = "instruction"
    iseq: Positive
    id: Short
    kind: InstructionKind
    body: str
    issued_ms: Milliseconds
    expires_ms: Milliseconds
    signature: Hex32


class Reported(Model):
    """The server has these reports, committed; the agent need not send them again."""

    type: Literal["reported"] = "reported"
    instruction_ids: tuple[Short, ...]


class Ack(Model):
    """All frames of the session up to `seq` are committed."""

    type: Literal["ack"] = "ack"
    session_id: SessionId
    seq: Count


class Rewind(Model):
    """A batch did not continue the stored log: go on from the frame after `seq`, whose chain head is `head`."""

    type: Literal["rewind"] = "rewind"
    session_id: SessionId
    seq: Count
    head: Hex32
    code: Short
    message: Text


class Checkpointed(Model):
    """The server has taken a session's checkpoint `n`, committed; or refused it for good, and `code` says why."""

    type: Literal["checkpointed"] = "checkpointed"
    session_id: SessionId
    n: Positive
    code: Short | None = None


class Tune(Model):
    """The sessions that somebody is watching: flush their output at once."""

    type: Literal["tune"] = "tune"
    watched: tuple[SessionId, ...]


class ListPaths(Model):
    """A question that no log keeps: which paths below a directory `beginning` may become. Answered at once, or not."""

    type: Literal["list_paths"] = "list_paths"
    id: Short
    directory: Text | None = None
    beginning: Short


class Typed(Model):
    """What somebody types into a terminal session; no log of instructions keeps it, the session's own log does.

    `n` counts these messages of a registration from 1. `body` is the JSON text of a protocol.terminal.Keystroke, signed
    as it stands.
    """

    type: Literal["typed"] = "typed"
    session_id: SessionId
    n: BigPositive
    body: str
    signature: Hex32


class Bye(Model):
    """The sender will close the link. `code` is one of the error tree, or `shutdown`."""

    type: Literal["bye"] = "bye"
    code: Short
    message: Text
    retry_after_ms: Milliseconds | None = None


class Input(Model):
    """One line for Claude's standard input. `id` makes it safe to deliver twice; `line` is a JSON object as text.

    For a session in a terminal `line` is the text of a prompt.
    """

    id: SessionId
    line: str


class Fork(Model):
    """Begin with a copy of the conversation that Claude keeps under the id `of`, which stays as it is.

    With `is_recorded` the session's log begins with what was said in it: it has been held outside of ClaudiOS.
    """

    of: SessionId
    is_recorded: StrictBool = False


class NewWorktree(Model):
    """Work in a git worktree that is made for the session, of the repository in which the directory `of` is."""

    of: Text | None = None


class StartSession(Model):
    """Body of `start_session`. `inputs` follow the handshake; `resume` is a Claude session id to go on with, or a fork.

    An agent that knows no forks refuses the body, since to it that is no id: it must never resume what may be running.
    So does one that knows no worktrees, since to it that is no directory: it must never begin in the other one.

    `goes_on` says that nobody asked for this start: the server resumes what was lost, and its cut-off turn goes on.
    `may_begin`: no turn was completed, so Claude may not have that session on disk, and then begins it under its id.
    `effort` is asked of Claude right after the handshake. `size` is that of a terminal.
    """

    session_id: SessionId
    epoch: Positive = 1
    first_seq: Positive = 1
    head: Hex32 = "0" * 64
    mode: Mode = Mode.CHAT
    size: TerminalSize | None = None
    directory: Text | NewWorktree | None = None
    model: Short | None = None
    permission_mode: PermissionMode = PermissionMode.DEFAULT
    effort: Short | None = None
    resume: SessionId | Fork | None = None
    goes_on: StrictBool = False
    may_begin: StrictBool = False
    inputs: tuple[Input, ...] = ()


class Command(Model):
    """Body of `command`."""

    session_id: SessionId
    input: Input


class TerminateSession(Model):
    """Body of `terminate_session`."""

    session_id: SessionId


AgentMessage = Hello | Received | Report | Status | AgentError | Checkpoint | Paths | Answer | Bye
ServerMessage = Welcome | Instruction | Reported | Ack | Rewind | Checkpointed | Tune | ListPaths | Ask | Typed | Bye
FromAgent = Annotated[AgentMessage, Field(discriminator="type")]
FromServer = Annotated[ServerMessage, Field(discriminator="type")]
Body = StartSession | Command | TerminateSession

_FROM_AGENT: TypeAdapter[AgentMessage] = TypeAdapter(FromAgent)
_FROM_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(FromServer)
_BODIES: dict[InstructionKind, type[Body]] = {
    InstructionKind.START_SESSION: StartSession,
    InstructionKind.COMMAND: Command,
    InstructionKind.TERMINATE_SESSION: TerminateSession,
}


def parse_from_agent(raw: bytes) -> AgentMessage:
    """Read a message of an agent. Raises MessageInvalid."""
    return _parse(_FROM_AGENT, raw)


def parse_from_server(raw: bytes) -> ServerMessage:
    """Read a message of the server. Raises MessageInvalid."""
    return _parse(_FROM_SERVER, raw)


def parse_body(kind: InstructionKind, body: str) -> Body:
    """Read the body of an instruction. Raises MessageInvalid."""
    try:
        return _BODIES[kind].model_validate_json(body)
    except PydanticInvalid as invalid:
        raise MessageInvalid(_explain(kind, invalid)) from invalid


def _parse(adapter: TypeAdapter[T], raw: bytes) -> T:
    try:
        return adapter.validate_json(raw)
    except PydanticInvalid as invalid:
        raise MessageInvalid(_explain("message", invalid)) from invalid


def _explain(what: str, invalid: PydanticInvalid) -> str:
    """Name the first faulty field and its fault, never the value: it may be somebody's prompt."""
    first = invalid.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "its top level"
    fault = "Its type is unknown" if first["type"] == "union_tag_invalid" else first["msg"]  # which would quote it
    return f"The {what} is not valid at {place}: {fault}. Upgrade the older of agent and server."
