/**
 * The things the API speaks of, as the server describes them (schema.ts), narrowed where its description is wider than
 * what it means. Times are Unix milliseconds. Items are described here: what their bodies hold depends on their kind.
 */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type PermissionMode = Schemas["PermissionMode"];
export type Mode = Schemas["Mode"];
export type SessionState = Schemas["SessionState"];
export type EndReason = Schemas["EndReason"];
export type InstructionState = Schemas["InstructionState"];
export type Activity = "working" | "waiting" | "idle";

export type ServerInfo = Schemas["ServerInfo"];
export type User = Schemas["User"];
export type ApiToken = Schemas["ApiToken"];
export type NewApiToken = Schemas["NewApiToken"];
export type Login = Schemas["Login"];
export type SignInCode = Schemas["SignInCode"];
export type DeviceLogin = Schemas["DeviceLogin"];
export type Channel = Schemas["Channel"];
export type NewWebhook = Schemas["NewWebhook"];
export type Notified = Schemas["Notification"];
export type NotificationSettings = Required<Schemas["NotificationSettings"]>;
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
export type GivenUp = Schemas["GivenUp"];
export type AgentWithToken = Omit<Schemas["AgentWithToken"], "agent"> & { agent: Agent };
export type Session = Omit<Schemas["Session"], "activity" | "permission_mode"> & {
  activity: Activity | null;
  permission_mode: PermissionMode;
  /** The page's own knowledge: somebody has said that the session is to end, and it has not yet. */
  is_ending?: boolean;
};
export type Cost = Schemas["Cost"];
export type Offers = Omit<Schemas["Offers"], "commands" | "models"> & {
  commands: Schemas["OfferedCommand"][];
  models: Schemas["OfferedModel"][];
};
export type Effort = Schemas["Effort"];
export type Setting =
  | { setting: "model"; value: string }
  | { setting: "permission_mode"; value: PermissionMode }
  | { setting: "effort"; value: Effort };
export type NewSession = Schemas["SessionRequest"];
/** What a session starts with; null: whoever starts it is to choose. */
export interface TemplateSettings {
  prompt: string | null;
  agent_id: string | null;
  directory: string | null;
  model: string | null;
  permission_mode: PermissionMode | null;
  effort: Effort | null;
}
export type Template = Omit<Schemas["Template"], keyof TemplateSettings> & TemplateSettings;
export type RecentDirectory = Schemas["RecentDirectory"];
export type Instruction = Schemas["Instruction"];
export type WaitingPrompt = Schemas["WaitingPrompt"];
export type Queue = Omit<Schemas["Queue"], "prompts"> & { prompts: WaitingPrompt[] };
export type Conversation = Schemas["Conversation"];
export type ListedConversations = Omit<Schemas["ListedConversations"], "conversations"> & {
  conversations: Conversation[];
};
/** Directories first, then by name; `more` says that there are entries after these. */
export type Directory = Omit<Schemas["Directory"], "entries"> & { entries: DirectoryEntry[] };
export type DirectoryEntry = Schemas["DirectoryEntry"];
/** `content` is in Base64. */
export type FileChunk = Schemas["FileChunk"];
export type FilePiece = Schemas["FilePiece"];
export type Against = Schemas["Against"];
export type ChangedFile = Schemas["ChangedFile"];
export type GitDiff = Schemas["GitDiff"];
export type GitState = Schemas["GitState"];
export type MergedWorktree = Schemas["MergedWorktree"];
export type RemovedWorktree = Schemas["RemovedWorktree"];
export type WorktreeLoss = Schemas["WorktreeLoss"];
export type Written = Schemas["Written"];
export type FoundPaths = Omit<Schemas["FoundPaths"], "paths"> & { paths: string[] };
export type Verification = Schemas["Verification"];
export type Share = Schemas["Share"];
export type NewShare = Schemas["NewShare"];
export type Shared = Omit<Schemas["Shared"], "items"> & { items: Item[] };
export type Hit = Omit<Schemas["Hit"], "excerpt"> & { excerpt: Schemas["Piece"][] };
export type Results = Omit<Schemas["Results"], "hits"> & { hits: Hit[] };
/** What is searched for. */
export interface Wanted {
  q: string;
  project_id?: string | undefined;
  agent_id?: string | undefined;
  state?: SessionState | undefined;
  since_ms?: number | undefined;
  min_cost_usd?: number | undefined;
  order: "best" | "newest";
}
export type Retention = Schemas["Retention"];
export type By = Schemas["By"];
export type Usage = Schemas["Usage"];
export type UsageRow = Schemas["UsageRow"];
export type Amounts = Schemas["Amounts"];
export type Budget = Schemas["Budget"];
export type Budgets = Schemas["Budgets"];
export type LimitStop = Schemas["LimitStop"];
export type LimitWindow = Schemas["LimitWindow"];
export type PlanLimits = Schemas["PlanLimits"];
export type Schedule = Schemas["Schedule"];
export type SchedulePlan = Required<Schemas["SchedulePlan"]>;
export type Run = Schemas["Run"];
export type DueTimes = Required<Schemas["DueTimes"]> & { next_ms: number[] };

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

/** The place of an image in a session's log: frame, offset and number in the line. */
export interface Picture {
  seq: number;
  offset: number;
  number: number;
}
export type UserItem = ItemOf<
  "user",
  {
    text: string;
    uuid: string | null;
    state: "sent" | "taken" | "done" | null;
    images: number;
    /** A server of before kept no places of images. */
    pictures?: Picture[];
  }
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
    pictures?: Picture[];
    detail: Json;
    /** What Claude means to do after this call, where it shows that. */
    checklist?: ChecklistEntry[] | null;
  }
>;
export interface ChecklistEntry {
  id: string;
  subject: string;
  status: string;
  active: string | null;
  owner: string | null;
}
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
    /** What the tool got in place of what was asked: the fields that differ. */
    input_given?: JsonObject;
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
export type NoticeItem = ItemOf<
  "notice",
  { level: "info" | "warning" | "error"; code: string; text: string; resets_ms?: number | null }
>;
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
