"""The shapes of the API, as frozen values. Times are Unix milliseconds (`…_ms`); None is "there is none"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server says of itself to anybody. `registration` is first, invitation or open."""

    version: str
    registration: str
    signed_in: bool = False
    demo: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """A person's account; `is_owner` marks the owner of the server."""

    id: str
    username: str
    is_owner: bool
    has_password: bool
    created_ms: int


@dataclass(frozen=True, slots=True)
class DeviceLogin:
    """A sign-in that a person approves in the page by its `user_code`; `device_code` is this program's secret."""

    device_code: str = field(repr=False)
    user_code: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The API token of an approved device login."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Project:
    """A project and the signed-in user's role in it: owner, operator or viewer."""

    id: str
    name: str
    role: str
    created_ms: int
    agents: int = 0
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class Amount:
    """Sessions that have output, and how many bytes of it."""

    sessions: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Retention:
    """What a project keeps of its sessions' output (None: no limit), how much it has, and what of that is due to go.

    Output of `unremovable` sessions was due and stays: their record does not hold.
    """

    stored: Amount
    due: Amount
    unremovable: int
    keep_days: int | None = None
    keep_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """What an agent said of its machine."""

    hostname: str
    os: str
    arch: str
    cpus: int
    memory_bytes: int
    default_directory: str
    max_concurrent_sessions: int
    claude_version: str | None = None
    claude_signed_in: bool | None = None
    demo: bool = False
    directories: tuple[str, ...] = ()
    permission_modes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """How an agent's machine is; `load` is the one-minute average."""

    load: float
    memory_used_bytes: int
    disk_free_bytes: int
    agent_memory_bytes: int


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """How many sessions of an agent run, and how many wait."""

    running: int
    queued: int


@dataclass(frozen=True, slots=True)
class AgentKey:
    """A token of an agent by its key id; the token itself is never told again."""

    key_id: str
    created_ms: int
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ReportedError:
    """Something that went wrong on an agent's machine, `times` times between `first_ms` and `last_ms`."""

    code: str
    message: str
    first_ms: int
    last_ms: int
    times: int
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class LimitWindow:
    """How much of one limit of a plan is used, as a share, and when it resets; `kind` is Claude's name for it."""

    kind: str
    used: float | None = None
    resets_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """How the limits of an agent's account stood at `at_ms`: `standing` is `free`, `near` or `reached`."""

    standing: str
    at_ms: int
    windows: tuple[LimitWindow, ...]
    kind: str | None = None
    uses_credits: bool = False


@dataclass(frozen=True, slots=True)
class LimitStop:
    """A limit that stopped a session's newest turn; at `goes_on_ms` it goes on by itself, else with a person."""

    resets_ms: int
    kind: str | None = None
    goes_on_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """A daemon on one machine."""

    id: str
    project_id: str
    name: str
    created_ms: int
    online: bool
    sessions: SessionCounts
    last_seen_ms: int | None = None
    carrier: str | None = None
    agent_version: str | None = None
    machine: Machine | None = None
    status: AgentStatus | None = None
    keys: tuple[AgentKey, ...] = ()
    errors: tuple[ReportedError, ...] = ()
    demo: bool = False
    limits: PlanLimits | None = None


@dataclass(frozen=True, slots=True)
class AgentWithToken:
    """A new or rotated agent: the token is shown this once; `command` starts the agent on its machine."""

    agent: Agent
    token: str = field(repr=False)
    command: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GivenUp:
    """How many sessions ended as lost with the machine that was given up."""

    sessions: int


@dataclass(frozen=True, slots=True)
class SessionWorktree:
    """The git worktree of a session; before it is made there is no `branch`, and after that perhaps a `removed_ms`."""

    repository: str | None = None
    branch: str | None = None
    base: str | None = None
    removed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One Claude CLI process and its resumptions. `state` is queued, starting, running or ended."""

    id: str
    project_id: str
    project_name: str
    agent_id: str
    agent_name: str
    agent_online: bool
    title: str | None
    state: str
    epoch: int
    last_seq: int
    created_ms: int
    updated_ms: int
    directory: str | None = None
    mode: str = "chat"
    model: str | None = None
    permission_mode: str = "default"
    reason: str | None = None
    detail: str | None = None
    exit_code: int | None = None
    activity: str | None = None
    cost_usd: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    pending_requests: int = 0
    claude_session_id: str | None = None
    demo: bool = False
    created_by: str | None = None
    started_ms: int | None = None
    ended_ms: int | None = None
    last_text: str | None = None
    resume: str = "manual"
    log_bytes: int = 0
    is_kept: bool = False
    removed_ms: int | None = None
    unremovable: str | None = None
    archived_ms: int | None = None
    forked_from: str | None = None
    forked_title: str | None = None
    imported_from: str | None = None
    limit_prompt: str | None = None
    stopped_by: LimitStop | None = None
    worktree: SessionWorktree | None = None
    schedule_id: str | None = None
    schedule_name: str | None = None


@dataclass(frozen=True, slots=True)
class Instruction:
    """What was asked of an agent, and what became of it."""

    id: str
    kind: str
    session_id: str
    state: str
    created_ms: int
    code: str | None = None
    message: str | None = None
    text: str | None = None
    images: int = 0
    input_id: str | None = None
    created_by: str | None = None
    done_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A readable piece of a transcript: its place `no`, its kind, and a body whose keys the kind decides."""

    no: int
    kind: str
    body: Json
    created_seq: int
    updated_seq: int
    at_ms: int
    parent: str | None = None

    def text(self, key: str) -> str:
        """Return a text of the body, or "" where it is absent."""
        value = self.body.get(key)
        return value if isinstance(value, str) else ""

    def flag(self, key: str) -> bool:
        """Say whether a flag of the body is set."""
        return self.body.get(key) is True


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an excerpt; `is_hit` where it is what was looked for."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that was found, and where; `no` is 0 for the title of its session."""

    session_id: str
    session_title: str
    project_name: str
    agent_name: str
    state: str
    no: int
    kind: str
    at_ms: int
    excerpt: tuple[Piece, ...]
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits; `next` asks for the one after it. So many sessions are still `unread`."""

    hits: tuple[Hit, ...]
    next: str | None = None
    is_cut: bool = False
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Items:
    """Consecutive items, the log position they reflect, and whether there are earlier ones."""

    items: tuple[Item, ...]
    position: int
    has_earlier: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A wider permission that an answer may grant along with it."""

    label: str


@dataclass(frozen=True, slots=True)
class Request:
    """Something Claude asks of a person: a permission, a question, or whether to follow a plan."""

    id: str
    session_id: str
    kind: str
    tool_name: str
    input: Json
    state: str
    created_ms: int
    session_title: str | None = None
    agent_name: str | None = None
    title: str | None = None
    description: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    reason: str | None = None
    blocked_path: str | None = None
    subagent: str | None = None
    mcp_server: str | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """Output that a project did not keep: how much of it, when and why; `key` is the fingerprint of the server's key.

    `kept` is what the project keeps: days where `cause` is `age`, bytes where it is `size`.
    """

    frames: int
    batches: int
    bytes: int
    removed_ms: int
    cause: str
    kept: int
    key: str


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One entry of a machine's directory; `kind` is file, directory, or other for what cannot be opened."""

    name: str
    kind: str
    size: int
    modified_ms: int
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class Directory:
    """A machine's directory: `path` is absolute, and with `more` there are entries after these."""

    path: str
    entries: tuple[DirectoryEntry, ...]
    more: bool
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """How much of an upload is on the machine's disk; `is_done` says that it is the file at `path` now."""

    path: str
    size: int
    is_done: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a session's log is what its machine signed; else the first bad frame and what is wrong with it.

    The machine's checkpoints reach up to `signed_seq`; `closing` says what they tell of the log's end (closed, open,
    late, not_closed, unsigned), and `keys` are the fingerprints of the keys that signed them.
    """

    verified: bool
    frames: int
    batches: int
    first_bad_seq: int | None = None
    problem: str | None = None
    head: str | None = None
    checkpoints: int = 0
    signed_seq: int = 0
    signed_ms: int | None = None
    closing: str = "unsigned"
    keys: tuple[str, ...] = ()
    removed: Removed | None = None


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs, and its patch, where that is shown."""

    path: str
    status: str
    was: str | None = None
    added: int | None = None
    removed: int | None = None
    is_binary: bool = False
    patch: str | None = None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class GitDiff:
    """What differs from the commit `base`; the first of `total` files."""

    base: str | None
    base_name: str | None
    files: tuple[ChangedFile, ...]
    total: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Worktree:
    """A git worktree, and what it was made of."""

    repository: str
    directory: str
    branch: str
    base: str | None = None


@dataclass(frozen=True, slots=True)
class ListedWorktree:
    """A worktree of a session and how it stands."""

    session_id: str
    worktree: Worktree
    changed: int = 0
    untracked: int = 0
    ahead: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ListedWorktrees:
    """The worktrees of a machine."""

    worktrees: tuple[ListedWorktree, ...]


@dataclass(frozen=True, slots=True)
class MergedWorktree:
    """How a branch was merged: nothing_new, fast_forward or merge_commit."""

    how: str
    base: str
    commit: str


@dataclass(frozen=True, slots=True)
class WorktreeLoss:
    """What would be lost with a worktree; `digest` is what is confirmed."""

    files: tuple[str, ...]
    commits: tuple[str, ...]
    file_count: int
    commit_count: int
    digest: str


@dataclass(frozen=True, slots=True)
class RemovedWorktree:
    """It is gone, or what would be lost has to be confirmed."""

    is_removed: bool
    loss: WorktreeLoss | None = None
