/** What the server says over HTTP and the live socket. Times are Unix milliseconds. */

export type Role = "owner" | "operator" | "viewer";
export type PermissionMode = "default" | "acceptEdits" | "plan" | "dontAsk" | "auto" | "bypassPermissions";
export type SessionState = "queued" | "starting" | "running" | "ended";
export type Activity = "working" | "waiting" | "idle";
export type EndReason = "exited" | "terminated" | "failed" | "lost";

export interface ServerInfo {
  version: string;
  registration: "first" | "invitation" | "open";
  signed_in: boolean;
  demo: boolean;
}

export interface User {
  id: string;
  username: string;
  is_owner: boolean;
  has_password: boolean;
  created_ms: number;
}

export interface ApiToken {
  id: string;
  name: string;
  created_ms: number;
  last_used_ms: number | null;
}

export interface NewApiToken extends ApiToken {
  token: string;
}

export interface Project {
  id: string;
  name: string;
  role: Role;
  created_ms: number;
  agents: number;
  sessions: number;
}

export interface Member {
  user_id: string;
  username: string;
  role: Role;
}

export interface Invitation {
  id: string;
  role: Role;
  expires_ms: number;
}

export interface NewInvitation extends Invitation {
  code: string;
  url: string;
}

export interface Machine {
  hostname: string;
  os: string;
  arch: string;
  cpus: number;
  memory_bytes: number;
  claude_version: string | null;
  claude_signed_in: boolean | null;
  demo: boolean;
  directories: string[];
  default_directory: string;
  permission_modes: PermissionMode[];
  max_concurrent_sessions: number;
}

export interface AgentStatus {
  load: number;
  memory_used_bytes: number;
  disk_free_bytes: number;
  agent_memory_bytes: number;
}

export interface Agent {
  id: string;
  project_id: string;
  name: string;
  created_ms: number;
  online: boolean;
  last_seen_ms: number | null;
  carrier: "websocket" | "poll" | null;
  agent_version: string | null;
  machine: Machine | null;
  status: AgentStatus | null;
  sessions: { running: number; queued: number };
  keys: { key_id: string; created_ms: number; expires_ms: number | null }[];
  demo: boolean;
}

export interface AgentWithToken {
  agent: Agent;
  token: string;
  command: string;
}

export interface Session {
  id: string;
  project_id: string;
  project_name: string;
  agent_id: string;
  agent_name: string;
  agent_online: boolean;
  title: string;
  mode: string;
  directory: string | null;
  model: string | null;
  permission_mode: PermissionMode;
  state: SessionState;
  reason: EndReason | null;
  detail: string | null;
  exit_code: number | null;
  epoch: number;
  activity: Activity | null;
  last_seq: number;
  cost_usd: number | null;
  input_tokens: number;
  output_tokens: number;
  pending_requests: number;
  claude_session_id: string | null;
  demo: boolean;
  created_by: string | null;
  created_ms: number;
  started_ms: number | null;
  ended_ms: number | null;
  updated_ms: number;
  last_text: string | null;
}

export interface NewSession {
  id: string;
  agent_id: string;
  directory?: string;
  prompt?: string;
  model?: string;
  permission_mode?: PermissionMode;
  title?: string;
}

export type InstructionState =
  | "queued"
  | "sent"
  | "taken"
  | "done"
  | "refused"
  | "failed"
  | "expired"
  | "session_lost"
  | "unknown";

export interface Instruction {
  id: string;
  kind: string;
  session_id: string | null;
  state: InstructionState;
  code: string | null;
  message: string | null;
  text: string | null;
  created_by: string | null;
  created_ms: number;
  done_ms: number | null;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type RequestKind = "permission" | "question" | "plan";

export interface Suggestion {
  label: string;
}

export interface Request {
  id: string;
  session_id: string;
  session_title: string;
  agent_name: string;
  kind: RequestKind;
  tool_name: string;
  title: string;
  input: JsonObject;
  description: string | null;
  suggestions: Suggestion[];
  state: "pending" | "answered" | "withdrawn";
  answer: "allow" | "deny" | null;
  answered_by: string | null;
  answered_ms: number | null;
  created_ms: number;
}

export interface Answer {
  behavior: "allow" | "deny";
  message?: string;
  updated_input?: JsonObject;
  suggestions?: number[];
  answers?: Record<string, string>;
  interrupt?: boolean;
}

interface ItemOf<Kind extends string, Body> {
  no: number;
  kind: Kind;
  body: Body;
  created_seq: number;
  updated_seq: number;
  at_ms: number;
  parent: string | null;
}

export type UserItem = ItemOf<
  "user",
  { text: string; uuid: string | null; state: "sent" | "taken" | "done" | null; images: number }
>;
export type MessageItem = ItemOf<"message", { text: string; streaming: boolean; error: string | null }>;
export type ThinkingItem = ItemOf<"thinking", { text: string; streaming: boolean }>;
export type ToolState = "running" | "done" | "failed" | "denied" | "interrupted";
export type ToolItem = ItemOf<
  "tool",
  {
    tool_use_id: string;
    name: string;
    input: JsonObject;
    input_text: string;
    streaming: boolean;
    state: ToolState;
    result: string | null;
    result_truncated: boolean;
    detail: Json;
  }
>;
export type RequestItem = ItemOf<
  "request",
  {
    request_id: string;
    kind: RequestKind;
    tool_name: string;
    state: Request["state"];
    answer: Request["answer"];
    answered_by: string | null;
    input: JsonObject;
  }
>;
export type TurnItem = ItemOf<
  "turn",
  {
    is_error: boolean;
    subtype: string;
    terminal_reason: string | null;
    duration_ms: number | null;
    num_turns: number | null;
    cost_usd: number | null;
    input_tokens: number | null;
    output_tokens: number | null;
    result: string | null;
  }
>;
export type NoticeItem = ItemOf<"notice", { level: "info" | "warning" | "error"; code: string; text: string }>;
export type RawItem = ItemOf<"raw", { type: string; json: Json }>;

export type Item = UserItem | MessageItem | ThinkingItem | ToolItem | RequestItem | TurnItem | NoticeItem | RawItem;

export interface ItemPage {
  items: Item[];
  position: number;
  has_earlier: boolean;
}

export interface DeviceLogin {
  user_code: string;
  address: string;
  created_ms: number;
  expires_ms: number;
  approved: boolean;
}

export interface Verification {
  verified: boolean;
  frames: number;
  batches: number;
  first_bad_seq: number | null;
  problem: string | null;
  head: string | null;
}
