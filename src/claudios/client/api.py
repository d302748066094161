"""Every request that a program makes of a ClaudiOS server, with typed answers.

Each method raises Unreachable when the server cannot be reached, and otherwise the error the server names (NotSignedIn,
Forbidden, NotFound, Conflict, InputInvalid, Expired, TooMany).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from types import TracebackType
from typing import Self

from claudios.client.address import Address
from claudios.client.conversations import ConversationRequests
from claudios.client.http import Http, Query, Waiting, segment
from claudios.client.notifications import NotificationRequests
from claudios.client.reading import read, read_all
from claudios.client.schedules import Schedules
from claudios.client.shapes import (
    Agent,
    AgentWithToken,
    Amount,
    DeviceLogin,
    Directory,
    GitDiff,
    GivenUp,
    Granted,
    Instruction,
    Items,
    ListedWorktrees,
    MergedWorktree,
    Project,
    RemovedWorktree,
    Request,
    Results,
    Retention,
    ServerInfo,
    Session,
    User,
    Verification,
    Written,
)
from claudios.client.templates import TemplateRequests
from claudios.client.usage import Budgets, Usage

VERIFY_SECONDS = 600.0


class Client(TemplateRequests, NotificationRequests, ConversationRequests):
    """One server, as one user. Use it as a context manager, or close it."""

    def __init__(
        self, address: Address, token: str | None = None, timeout_seconds: float = 30, waiting: Waiting = nullcontext
    ) -> None:
        self.address = address
        self.token = token
        self._http = Http(address, token, timeout_seconds, waiting)
        self.schedules = Schedules(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._http.close()

    # The server and its users

    def server(self) -> ServerInfo:
        """Return what the server says of itself; needs no token."""
        return read(ServerInfo, self._http.ask("GET", "/server"))

    def is_ready(self) -> bool:
        """Say whether the server takes work now. Raises Unreachable."""
        return self._http.status_of("/readyz") == 200

    def me(self) -> User:
        """Return the user whose token this is."""
        return read(User, self._http.ask("GET", "/me"))

    def begin_device_login(self) -> DeviceLogin:
        """Begin a sign-in that somebody approves in the page."""
        return read(DeviceLogin, self._http.ask("POST", "/auth/device", {}))

    def device_token(self, device_code: str) -> str:
        """Return the API token of an approved sign-in. Raises Conflict while nobody has approved it."""
        return read(Granted, self._http.ask("POST", "/auth/device/token", {"device_code": device_code})).token

    def sign_out(self) -> None:
        """Have the server forget this client's token."""
        self._http.ask("POST", "/auth/sign-out", {})

    # Files of machines

    def directory(self, agent_id: str, path: str | None = None, skip: int = 0) -> Directory:
        """Return what is in a directory of a machine, or in its default one, after `skip` entries."""
        query = {"path": path, "skip": skip or None}
        return read(Directory, self._http.ask("GET", f"/agents/{segment(agent_id)}/files", query=query))

    def download(self, agent_id: str, path: str) -> Iterator[bytes]:
        """Yield a file of a machine in pieces."""
        return self._http.stream(f"/agents/{segment(agent_id)}/files/download", {"path": path})

    def write_file(
        self,
        agent_id: str,
        path: str,
        upload: str,
        *,
        offset: int,
        content: bytes,
        is_last: bool,
        overwrite: bool = False,
    ) -> Written:
        """Put a piece of a file on a machine. `upload` names all its pieces; one sent again changes nothing."""
        body = {
            "path": path,
            "upload": upload,
            "offset": offset,
            "content": b64encode(content).decode(),
            "is_last": is_last,
            "overwrite": overwrite,
        }
        return read(Written, self._http.ask("PUT", f"/agents/{segment(agent_id)}/files/content", body))

    # Projects and agents

    def projects(self) -> tuple[Project, ...]:
        """Return the projects that the user is a member of."""
        return read_all(Project, self._http.ask("GET", "/projects"))

    def create_project(self, name: str) -> Project:
        """Create a project that the user owns."""
        return read(Project, self._http.ask("POST", "/projects", {"name": name}))

    def agents(self, project_id: str | None = None) -> tuple[Agent, ...]:
        """Return the agents of a project, or of all the user's projects."""
        return read_all(Agent, self._http.ask("GET", "/agents", query={"project_id": project_id}))

    def create_agent(self, project_id: str, name: str) -> AgentWithToken:
        """Create an agent; its token is told this once."""
        return read(AgentWithToken, self._http.ask("POST", f"/projects/{segment(project_id)}/agents", {"name": name}))

    def rotate_agent_token(self, agent_id: str, overlap_seconds: int | None = None) -> AgentWithToken:
        """Make a new token; the old one stays valid for the overlap (the server's default: an hour)."""
        body = {} if overlap_seconds is None else {"overlap_seconds": overlap_seconds}
        return read(AgentWithToken, self._http.ask("POST", f"/agents/{segment(agent_id)}/token", body))

    def revoke_agent(self, agent_id: str) -> None:
        """Make all tokens of an agent invalid at once."""
        self._http.ask("POST", f"/agents/{segment(agent_id)}/revoke", {})

    def remove_agent(self, agent_id: str) -> None:
        """Remove an agent. Raises Conflict while its sessions have not ended."""
        self._http.ask("DELETE", f"/agents/{segment(agent_id)}")

    def give_up_agent(self, agent_id: str) -> int:
        """Remove an agent whose machine is gone for good; return how many sessions ended as lost with it.

        Raises Conflict while the machine is connected.
        """
        return read(GivenUp, self._http.ask("POST", f"/agents/{segment(agent_id)}/give-up", {})).sessions

    # What a project keeps

    def retention(self, project_id: str) -> Retention:
        """Return what a project keeps of its sessions' output."""
        return read(Retention, self._http.ask("GET", f"/projects/{segment(project_id)}/retention"))

    def preview_retention(self, project_id: str, keep_days: int | None, keep_bytes: int | None) -> Amount:
        """Return what would be removed at once under these limits; None is no limit."""
        query = {"keep_days": keep_days, "keep_bytes": keep_bytes}
        return read(Amount, self._http.ask("GET", f"/projects/{segment(project_id)}/retention/preview", query=query))

    def set_retention(self, project_id: str, keep_days: int | None, keep_bytes: int | None) -> Retention:
        """Say what a project keeps; None is no limit."""
        body = {"keep_days": keep_days, "keep_bytes": keep_bytes}
        return read(Retention, self._http.ask("PUT", f"/projects/{segment(project_id)}/retention", body))

    # Usage and budgets

    def usage(self, asked: Query) -> Usage:
        """Return what was used; `asked` has `by`, and may have `since`, `until`, `time_zone` and `project_id`."""
        return read(Usage, self._http.ask("GET", "/usage", query=asked))

    def usage_csv(self, asked: Query) -> str:
        """Return the same as comma-separated values."""
        return b"".join(self._http.stream("/usage.csv", asked)).decode()

    def budgets(self, project_id: str) -> Budgets:
        """Return a project's budgets, and how they stand."""
        return read(Budgets, self._http.ask("GET", f"/projects/{segment(project_id)}/budgets"))

    def set_budgets(self, project_id: str, day_usd: float | None, month_usd: float | None, time_zone: str) -> Budgets:
        """Say what a project may use; None is no limit."""
        body = {"day_usd": day_usd, "month_usd": month_usd, "time_zone": time_zone}
        return read(Budgets, self._http.ask("PUT", f"/projects/{segment(project_id)}/budgets", body))

    def session_budgets(self, session_id: str) -> Budgets:
        """Return the budgets that bind a session, its project's and its own."""
        return read(Budgets, self._http.ask("GET", f"/sessions/{segment(session_id)}/budgets"))

    def set_session_budget(self, session_id: str, usd: float | None) -> Budgets:
        """Say what a session may use in all; None is no limit."""
        return read(Budgets, self._http.ask("PUT", f"/sessions/{segment(session_id)}/budget", {"usd": usd}))

    # Sessions

    def sessions(
        self,
        *,
        project_id: str | None = None,
        agent_id: str | None = None,
        state: str | None = None,
        is_archived: bool | None = None,
        limit: int | None = None,
        before_ms: int | None = None,
    ) -> tuple[Session, ...]:
        """Return sessions, newest first; `before_ms` pages back by the time they were created.

        `is_archived` None is both, those that are archived and those that are not.
        """
        query = {
            "project_id": project_id,
            "agent_id": agent_id,
            "state": state,
            "is_archived": None if is_archived is None else str(is_archived).lower(),
            "limit": limit,
            "before_ms": before_ms,
        }
        return read_all(Session, self._http.ask("GET", "/sessions", query=query))

    def session(self, session_id: str) -> Session:
        """Return one session."""
        return read(Session, self._http.ask("GET", f"/sessions/{segment(session_id)}"))

    def start_session(
        self,
        project_id: str,
        agent_id: str,
        *,
        session_id: str,
        prompt: str | None = None,
        images: Sequence[bytes] = (),
        directory: str | None = None,
        model: str | None = None,
        permission_mode: str | None = None,
        effort: str | None = None,
        title: str | None = None,
        resume: str | None = None,
        mode: str | None = None,
        size: tuple[int, int] | None = None,
        limit_prompt: str | None = None,
        worktree: bool = False,
    ) -> Session:
        """Ask an agent for a session under an id of the caller's, so that asking twice starts one."""
        body = {
            "agent_id": agent_id,
            "id": session_id,
            "prompt": prompt,
            "images": _in_base64(images),
            "directory": directory,
            "model": model,
            "permission_mode": permission_mode,
            "effort": effort,
            "title": title,
            "resume": resume,
            "mode": mode,
            "size": _size(size),
            "limit_prompt": limit_prompt,
            "worktree": True if worktree else None,
        }
        told = {key: value for key, value in body.items() if value is not None}
        return read(Session, self._http.ask("POST", f"/projects/{segment(project_id)}/sessions", told))

    def change_session(
        self,
        session_id: str,
        *,
        title: str | None = None,
        resume: str | None = None,
        is_kept: bool | None = None,
        is_archived: bool | None = None,
    ) -> Session:
        """Give a session another title, say who resumes it once it is lost (manual, automatic), keep or archive it.

        Raises Conflict for one that is to be archived and has not ended.
        """
        wanted = {"title": title, "resume": resume, "is_kept": is_kept, "is_archived": is_archived}
        told = {key: value for key, value in wanted.items() if value is not None}
        return read(Session, self._http.ask("PATCH", f"/sessions/{segment(session_id)}", told))

    def set_limit_prompt(self, session_id: str, prompt: str | None) -> Session:
        """Say with what a session goes on once a usage limit that stopped it has reset; None: it waits for a person."""
        return read(Session, self._http.ask("PUT", f"/sessions/{segment(session_id)}/limit-prompt", {"prompt": prompt}))

    def send(self, session_id: str, text: str, *, instruction_id: str, images: Sequence[bytes] = ()) -> Instruction:
        """Send a prompt to a session under an id of the caller's, so that sending twice says it once."""
        told = {"text": text, "id": instruction_id, "images": _in_base64(images)}
        body = {key: value for key, value in told.items() if value is not None}
        return read(Instruction, self._http.ask("POST", f"/sessions/{segment(session_id)}/commands", body))

    def interrupt(self, session_id: str) -> Instruction:
        """Interrupt what Claude does now; the session stays."""
        return read(Instruction, self._http.ask("POST", f"/sessions/{segment(session_id)}/interrupt", {}))

    def terminate(self, session_id: str) -> Instruction:
        """End a session, politely first."""
        return read(Instruction, self._http.ask("POST", f"/sessions/{segment(session_id)}/terminate", {}))

    def resume(
        self,
        session_id: str,
        prompt: str | None = None,
        *,
        images: Sequence[bytes] = (),
        mode: str | None = None,
        size: tuple[int, int] | None = None,
    ) -> Session:
        """Go on with an ended session in a new process, in another mode if one is named."""
        told = {"prompt": prompt, "images": _in_base64(images), "mode": mode, "size": _size(size)}
        body = {key: value for key, value in told.items() if value is not None}
        return read(Session, self._http.ask("POST", f"/sessions/{segment(session_id)}/resume", body))

    def fork(self, session_id: str, *, new_id: str, prompt: str | None = None, title: str | None = None) -> Session:
        """Start a session with a copy of another's conversation, under an id of the caller's."""
        body = {"id": new_id, "prompt": prompt, "title": title}
        told = {key: value for key, value in body.items() if value is not None}
        return read(Session, self._http.ask("POST", f"/sessions/{segment(session_id)}/fork", told))

    def git_diff(self, session_id: str, *, against: str, path: str | None = None) -> GitDiff:
        """Return what differs in a session's repository from the newest commit (head), or from where its branch began
        (base)."""
        query = {"against": against} | ({} if path is None else {"path": path})
        return read(GitDiff, self._http.ask("GET", f"/sessions/{segment(session_id)}/git/diff", query=query))

    def worktrees(self, agent_id: str) -> ListedWorktrees:
        """Return the worktrees of sessions on a machine. Raises Conflict where it is away."""
        return read(ListedWorktrees, self._http.ask("GET", f"/agents/{segment(agent_id)}/worktrees"))

    def merge_worktree(self, session_id: str) -> MergedWorktree:
        """Merge the branch of a session's worktree into its base. Raises Conflict, and then nothing has changed."""
        return read(MergedWorktree, self._http.ask("POST", f"/sessions/{segment(session_id)}/git/worktree/merge", {}))

    def remove_worktree(self, session_id: str, confirmed: str | None = None) -> RemovedWorktree:
        """Remove a session's worktree and branch, or return what would be lost, unless just that is `confirmed`."""
        path = f"/sessions/{segment(session_id)}/git/worktree/remove"
        return read(RemovedWorktree, self._http.ask("POST", path, {"confirmed": confirmed}))

    def instructions(self, session_id: str, before_id: str | None = None) -> tuple[Instruction, ...]:
        """Return what was asked of a session last, before one of them if given, and what became of it; at most 200."""
        query = {} if before_id is None else {"before": before_id}
        path = f"/sessions/{segment(session_id)}/instructions"
        return read_all(Instruction, self._http.ask("GET", path, query=query))

    def all_instructions(self, session_id: str) -> tuple[Instruction, ...]:
        """Return what was asked of a session, and what became of it, oldest first."""
        page = found = self.instructions(session_id)
        while page:
            page = self.instructions(session_id, page[0].id)
            found = (*page, *found)
        return found

    def instructions_like(self, beginning: str) -> tuple[Instruction, ...]:
        """Return the instructions whose id begins so, of all sessions the user may see, newest first; at most 50."""
        return read_all(Instruction, self._http.ask("GET", "/instructions", query={"id": beginning}))

    def edit_instruction(self, known: Instruction, text: str) -> Instruction:
        """Put another text into a prompt that waits. Raises Conflict when it does not any more, or has changed."""
        body = {"text": text, "instead_of": known.text} if known.text else {"text": text}
        return read(Instruction, self._http.ask("PATCH", _path(known), body))

    def withdraw_instruction(self, known: Instruction) -> Instruction:
        """Take back what waits for its agent. Raises Conflict when the agent may have it."""
        return read(Instruction, self._http.ask("POST", f"{_path(known)}/withdraw", {}))

    def retry_instruction(self, known: Instruction) -> Instruction:
        """Send a prompt again that was not done, or whose fate is unknown; return the new instruction."""
        return read(Instruction, self._http.ask("POST", f"{_path(known)}/retry", {}))

    def drop_instruction(self, known: Instruction) -> Instruction:
        """Settle what was not done, or whose fate is unknown."""
        return read(Instruction, self._http.ask("POST", f"{_path(known)}/drop", {}))

    def items(
        self, session_id: str, *, after: int | None = None, before: int | None = None, limit: int | None = None
    ) -> Items:
        """Return a piece of a session's transcript: items after, or before, an item's number; else the newest."""
        query = {"after": after, "before": before, "limit": limit}
        return read(Items, self._http.ask("GET", f"/sessions/{segment(session_id)}/items", query=query))

    def search(self, query: Mapping[str, str | int | float | None]) -> Results:
        """Return a page of what is found in all sessions one may see; `query` is that of the route."""
        return read(Results, self._http.ask("GET", "/search", query=query))

    def raw_log(self, session_id: str, stream: str = "stdout", after: int = 0) -> Iterator[bytes]:
        """Yield the bytes of one stream (stdout, stderr, stdin, event) of frames after a seq, exactly as read."""
        return self._http.stream(f"/sessions/{segment(session_id)}/log", {"stream": stream, "after": after})

    def frames(self, session_id: str, after: int = 0) -> Iterator[bytes]:
        """Yield the encoded frames after a seq, in pieces of any size."""
        return self._http.stream(f"/sessions/{segment(session_id)}/frames", {"after": after})

    def export(self, session_id: str) -> Iterator[bytes]:
        """Yield a session's whole record, in pieces of any size, as protocol.record_file reads it."""
        return self._http.stream(f"/sessions/{segment(session_id)}/export")

    def asciicast(self, session_id: str) -> Iterator[bytes]:
        """Yield what a session showed in its terminals, as an asciicast (version 2) in pieces of any size."""
        return self._http.stream(f"/sessions/{segment(session_id)}/asciicast")

    def transcript(self, session_id: str, form: str) -> Iterator[bytes]:
        """Yield a session's transcript as markdown, html or jsonl, in pieces of any size."""
        return self._http.stream(f"/sessions/{segment(session_id)}/transcript", {"format": form})

    def verify(self, session_id: str) -> Verification:
        """Have the server check the record of a session: every signature and the whole chain. It may take minutes."""
        path = f"/sessions/{segment(session_id)}/verify"
        return read(Verification, self._http.ask("GET", path, timeout_seconds=VERIFY_SECONDS))

    # What Claude asks of people

    def requests(self, *, state: str | None = "pending", session_id: str | None = None) -> tuple[Request, ...]:
        """Return permission requests, questions and plans, the pending ones unless told otherwise."""
        return read_all(Request, self._http.ask("GET", "/requests", query={"state": state, "session_id": session_id}))

    def answer(
        self,
        request: Request,
        behavior: str,
        *,
        message: str | None = None,
        suggestions: tuple[int, ...] = (),
        answers: Mapping[str, str] | None = None,
        interrupt: bool = False,
    ) -> Request:
        """Answer a request with allow or deny. Raises Conflict, naming who did, when it is answered already."""
        body: dict[str, object] = {"behavior": behavior}
        if message is not None:
            body["message"] = message
        if suggestions:
            body["suggestions"] = list(suggestions)
        if answers:
            body["answers"] = dict(answers)
        if interrupt:
            body["interrupt"] = True
        path = f"/sessions/{segment(request.session_id)}/requests/{segment(request.id)}/answer"
        return read(Request, self._http.ask("POST", path, body))


def _path(known: Instruction) -> str:
    return f"/sessions/{segment(known.session_id)}/instructions/{segment(known.id)}"


def _size(size: tuple[int, int] | None) -> dict[str, int] | None:
    """Return columns and rows as they travel."""
    return None if size is None else {"columns": size[0], "rows": size[1]}


def _in_base64(images: Sequence[bytes]) -> list[str] | None:
    """Return images as they travel; None for none, which an older server need not know of."""
    return [b64encode(raw).decode() for raw in images] or None
