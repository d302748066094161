/**
 * The things the API speaks of, as the server describes them (schema.ts), narrowed where its description is wider than
 * what it means. Times are Unix milliseconds. Items are described here: what their bodies hold depends on their kind.
 */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type PermissionMode = Schemas["PermissionMode"];
export type SessionState = Schemas["SessionState"];
export type EndReason = Schemas["EndReason"];
export type InstructionState = Schemas["InstructionState"];
export type Activity = "working" | "waiting" | "idle";

export type ServerInfo = Schemas["ServerInfo"];
export type User = Schemas["User"];
export type ApiToken = Schemas["ApiToken"];
export type NewApiToken = Schemas["NewApiToken"];
export type DeviceLogin = Schemas["DeviceLogin"];
export type Project = Schemas["Project"];
export type Member = Schemas["Member"];
export type Invitation = Schemas["Invitation"];
export type NewInvitation = Schemas["NewInvitation"];
export type Machine = Required<Schemas["Machine"]>;
export type AgentStatus = Schemas["AgentStatus"];
export type Agent = Omit<Schemas["Agent"], "machine" | "sessions"> & {
  machine: Machine | null;
  sessions: Required<Schemas["SessionCount"]>;
};
export type AgentWithToken = Omit<Schemas["AgentWithToken"], "agent"> & { agent: Agent };
export type Session = Omit<Schemas["Session"], "activity" | "permission_mode"> & {
  activity: Activity | null;
  permission_mode: PermissionMode;
};
export type Offers = Omit<Schemas["Offers"], "commands" | "models"> & {
  commands: Schemas["OfferedCommand"][];
  models: Schemas["OfferedModel"][];
};
export type Effort = Schemas["EffortSetting"]["value"];
export type Setting =
  | { setting: "model"; value: string }
  | { setting: "permission_mode"; value: PermissionMode }
  | { setting: "effort"; value: Effort };
export type NewSession = Schemas["SessionRequest"];
export type Instruction = Schemas["Instruction"];
export type WaitingPrompt = Schemas["WaitingPrompt"];
export type Queue = Omit<Schemas["Queue"], "prompts"> & { prompts: WaitingPrompt[] };
export type Verification = Schemas["Verification"];
export type Retention = Schemas["Retention"];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type RequestKind = "permission" | "question" | "plan";
export type Request = Omit<Schemas["Request"], "kind" | "input" | "suggestions" | "answer"> & {
  kind: RequestKind;
  input: JsonObject;
  suggestions: { label: string }[];
  answer: "allow" | "deny" | null;
};
export type Answer = Schemas["AnswerRequest"];

type ItemOf<Kind extends Schemas["Item"]["kind"], Body> = Omit<Schemas["Item"], "kind" | "body"> & {
  kind: Kind;
  body: Body;
};

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
    tool_use_id: string | null;
    kind: RequestKind;
    tool_name: string;
    state: Request["state"];
    answer: Request["answer"];
    answered_by: string | null;
    input: JsonObject;
    /** What was said with the answer; a server of before did not keep these. */
    message?: string | null;
    lasting?: string[];
    changed?: boolean;
    answers?: Record<string, string>;
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
    /** How much of the context is filled; a server of before did not say. */
    context_tokens?: number | null;
    context_window?: number | null;
    result: string | null;
  }
>;
export type TaskItem = ItemOf<
  "task",
  {
    task_id: string;
    tool_use_id: string | null;
    type: string;
    description: string;
    state: "running" | "done" | "failed" | "stopped" | "interrupted";
    progress: string | null;
    tool_uses: number;
    summary: string | null;
    ended_ms: number | null;
  }
>;
export type NoticeItem = ItemOf<"notice", { level: "info" | "warning" | "error"; code: string; text: string }>;
export type RawItem = ItemOf<"raw", { type: string; json: Json }>;

export type Item =
  | UserItem
  | MessageItem
  | ThinkingItem
  | ToolItem
  | RequestItem
  | TurnItem
  | TaskItem
  | NoticeItem
  | RawItem;

export type ItemPage = Omit<Schemas["ItemPage"], "items"> & { items: Item[] };
