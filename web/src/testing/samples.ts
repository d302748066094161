/** Values for tests: complete, plain, and changed where a test says so. */

import type { Agent, Instruction, Item, Request, Session } from "../api/types";
import type { UnsentPrompt } from "../live/unsent";

export const SESSION_ID = "6f1c1d5e-3a4b-4c8e-9f10-2b3c4d5e6f70";

export function session(changes: Partial<Session> = {}): Session {
  return {
    id: SESSION_ID,
    project_id: "p1",
    project_name: "Home",
    agent_id: "a1",
    agent_name: "laptop",
    agent_online: true,
    title: "Fix the test",
    mode: "chat",
    directory: "/work",
    model: null,
    effort: null,
    permission_mode: "default",
    state: "running",
    reason: null,
    detail: null,
    exit_code: null,
    epoch: 1,
    activity: "idle",
    last_seq: 10,
    cost_usd: null,
    input_tokens: 0,
    output_tokens: 0,
    pending_requests: 0,
    claude_session_id: SESSION_ID,
    demo: false,
    created_by: "ada",
    created_ms: 1_000,
    started_ms: 1_100,
    ended_ms: null,
    updated_ms: 2_000,
    since_ms: 2_000,
    last_text: null,
    resume: "manual",
    log_bytes: 2_000,
    is_kept: false,
    removed_ms: null,
    unremovable: null,
    archived_ms: null,
    forked_from: null,
    imported_from: null,
    forked_title: null,
    limit_prompt: null,
    stopped_by: null,
    worktree: null,
    schedule_id: null,
    schedule_name: null,
    ...changes,
  };
}

export function agent(changes: Partial<Agent> = {}): Agent {
  return {
    id: "a1",
    project_id: "p1",
    name: "laptop",
    created_ms: 500,
    online: true,
    last_seen_ms: 900,
    carrier: "websocket",
    agent_version: "0.1.0",
    machine: null,
    status: null,
    sessions: { running: 0, queued: 0 },
    keys: [{ key_id: "k1", created_ms: 500, expires_ms: null }],
    errors: [],
    demo: false,
    limits: null,
    ...changes,
  };
}

export function request(changes: Partial<Request> = {}): Request {
  return {
    id: "r1",
    session_id: SESSION_ID,
    session_title: "Fix the test",
    agent_name: "laptop",
    kind: "permission",
    tool_name: "Bash",
    title: "Bash",
    input: { command: "make test" },
    description: null,
    suggestions: [],
    reason: null,
    blocked_path: null,
    subagent: null,
    mcp_server: null,
    state: "pending",
    answer: null,
    answered_by: null,
    answered_ms: null,
    created_ms: 3_000,
    ...changes,
  };
}

export function instruction(changes: Partial<Instruction> = {}): Instruction {
  return {
    id: "c1",
    kind: "command",
    session_id: SESSION_ID,
    state: "queued",
    code: null,
    message: null,
    text: "hello",
    images: 0,
    input_id: changes.id ?? "c1",
    created_by: "ada",
    created_ms: 4_000,
    done_ms: null,
    ...changes,
  };
}

export function unsent(changes: Partial<UnsentPrompt> = {}): UnsentPrompt {
  return {
    id: "c1",
    sessionId: SESSION_ID,
    text: "hello",
    images: 0,
    attached: [],
    way: "command",
    createdMs: 5_000,
    message: null,
    isHeld: false,
    isToldAgain: false,
    ...changes,
  };
}

export function message(no: number, text: string, changes: { seq?: number; streaming?: boolean } = {}): Item {
  const seq = changes.seq ?? no;
  return {
    no,
    kind: "message",
    body: { text, streaming: changes.streaming ?? false, error: null },
    created_seq: seq,
    updated_seq: seq,
    at_ms: 1_000 + no,
    parent: null,
  };
}

export function prompt(no: number, text: string, uuid: string | null = null): Item {
  return {
    no,
    kind: "user",
    body: { text, uuid, state: "sent", images: 0 },
    created_seq: no,
    updated_seq: no,
    at_ms: 1_000 + no,
    parent: null,
  };
}
