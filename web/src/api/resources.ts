/** The resources of the API: how each is asked for, and under which key its answer is kept. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ApiError, call, query } from "./http";
import type {
  Against,
  Agent,
  AgentWithToken,
  Answer,
  ApiToken,
  Budgets,
  By,
  Channel,
  Cost,
  DeviceLogin,
  Directory,
  DueTimes,
  FileChunk,
  FilePiece,
  FoundPaths,
  GitDiff,
  GitState,
  GivenUp,
  Instruction,
  Invitation,
  ItemPage,
  ListedConversations,
  Login,
  Member,
  MergedWorktree,
  Mode,
  NewApiToken,
  NewInvitation,
  NewSession,
  NewShare,
  NewWebhook,
  NotificationSettings,
  Notified,
  Offers,
  Project,
  Queue,
  RecentDirectory,
  RemovedWorktree,
  Request,
  Results,
  Retention,
  Role,
  Run,
  Schedule,
  SchedulePlan,
  ServerInfo,
  Session,
  SessionState,
  Setting,
  Share,
  Shared,
  SignInCode,
  Template,
  TemplateSettings,
  Usage,
  User,
  Verification,
  Wanted,
  Written,
} from "./types";

const VERIFY_MS = 600_000; // the server reads all of a session for it

export const keys = {
  server: ["server"],
  me: ["me"],
  projects: ["projects"],
  members: (projectId: string) => ["projects", projectId, "members"],
  invitations: (projectId: string) => ["projects", projectId, "invitations"],
  agents: ["agents"],
  templates: ["templates"],
  recentDirectories: (agentId: string) => ["agents", agentId, "recent-directories"],
  sessions: ["sessions"],
  shares: (sessionId: string) => ["sessions", sessionId, "shares"],
  requests: ["requests"],
  costs: ["costs"],
  usage: ["usage"],
  tokens: ["tokens"],
  channels: ["notifications", "channels"],
  notificationSettings: ["notifications", "settings"],
  notified: ["notifications", "log"],
  webhooks: (projectId: string) => ["projects", projectId, "webhooks"],
  schedules: (projectId: string) => ["projects", projectId, "schedules"],
  logins: ["logins"],
} as const;

export const serverQuery = queryOptions({
  queryKey: keys.server,
  queryFn: ({ signal }) => call<ServerInfo>("GET", "/server", undefined, signal),
});

/** Who is signed in; null when nobody is. Whether anybody is, is asked first: a refusal would stain the console. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ client, signal }) => {
    const server = await client.fetchQuery({ ...serverQuery, staleTime: 0, retry: false });
    if (!server.signed_in) return null;
    try {
      return await call<User>("GET", "/me", undefined, signal);
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 401) return null;
      throw failure;
    }
  },
});

export const projectsQuery = queryOptions({
  queryKey: keys.projects,
  queryFn: ({ signal }) => call<Project[]>("GET", "/projects", undefined, signal),
});

/** What sessions may be started from, in all projects where one may start them. */
export const templatesQuery = queryOptions({
  queryKey: keys.templates,
  queryFn: ({ signal }) => call<Template[]>("GET", "/templates", undefined, signal),
});

export const templates = {
  create: (projectId: string, template: TemplateSettings & { name: string }) =>
    call<Template>("POST", `/projects/${projectId}/templates`, template),
  change: (projectId: string, id: string, template: TemplateSettings & { name: string }) =>
    call<Template>("PUT", `/projects/${projectId}/templates/${id}`, template),
  remove: (projectId: string, id: string) => call<unknown>("DELETE", `/projects/${projectId}/templates/${id}`),
};

/** The directories that sessions were started in on an agent, the one used last first. */
export const recentDirectoriesQuery = (agentId: string) =>
  queryOptions({
    queryKey: keys.recentDirectories(agentId),
    queryFn: ({ signal }) => call<RecentDirectory[]>("GET", `/agents/${agentId}/recent-directories`, undefined, signal),
  });

export const sharesQuery = (sessionId: string) =>
  queryOptions({
    queryKey: keys.shares(sessionId),
    queryFn: ({ signal }) => call<Share[]>("GET", `/sessions/${sessionId}/shares`, undefined, signal),
  });

export const shares = {
  create: (sessionId: string, days: number) => call<NewShare>("POST", `/sessions/${sessionId}/shares`, { days }),
  withdraw: (sessionId: string, id: string) => call("DELETE", `/sessions/${sessionId}/shares/${id}`),
  /** Read on in a transcript, after an item; needs no account. */
  read: (code: string, after: number, signal?: AbortSignal) => call<Shared>("POST", "/shared", { code, after }, signal),
};

export const searchQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ["search", wanted],
    queryFn: ({ pageParam, signal }) =>
      call<Results>("GET", `/search${query({ ...wanted, after: pageParam ?? undefined })}`, undefined, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 10_000,
  });

export const membersQuery = (projectId: string) =>
  queryOptions({
    queryKey: keys.members(projectId),
    queryFn: ({ signal }) => call<Member[]>("GET", `/projects/${projectId}/members`, undefined, signal),
  });

export const invitationsQuery = (projectId: string) =>
  queryOptions({
    queryKey: keys.invitations(projectId),
    queryFn: ({ signal }) => call<Invitation[]>("GET", `/projects/${projectId}/invitations`, undefined, signal),
  });

/** What each session cost since a time. */
export const costsQuery = (sinceMs: number) =>
  queryOptions({
    queryKey: [...keys.costs, sinceMs],
    queryFn: ({ signal }) => call<Cost[]>("GET", `/costs${query({ since_ms: sinceMs })}`, undefined, signal),
  });

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: ({ signal }) => call<ApiToken[]>("GET", "/tokens", undefined, signal),
});

export const channelsQuery = queryOptions({
  queryKey: keys.channels,
  queryFn: ({ signal }) => call<Channel[]>("GET", "/notifications/channels", undefined, signal),
});

export const notificationSettingsQuery = queryOptions({
  queryKey: keys.notificationSettings,
  queryFn: ({ signal }) => call<NotificationSettings>("GET", "/notifications/settings", undefined, signal),
});

export const notifiedQuery = queryOptions({
  queryKey: keys.notified,
  queryFn: ({ signal }) => call<Notified[]>("GET", "/notifications", undefined, signal),
});

export const webhooksQuery = (projectId: string) =>
  queryOptions({
    queryKey: keys.webhooks(projectId),
    queryFn: ({ signal }) => call<Channel[]>("GET", `/projects/${projectId}/webhooks`, undefined, signal),
  });

export const deliveriesQuery = (projectId: string, webhookId: string) =>
  queryOptions({
    queryKey: [...keys.webhooks(projectId), webhookId],
    queryFn: ({ signal }) =>
      call<Notified[]>("GET", `/projects/${projectId}/webhooks/${webhookId}/deliveries`, undefined, signal),
  });

/** What others or the clock change in them is not told: they are asked for again now and then. */
const SCHEDULES_MS = 10_000;

export const schedulesQuery = (projectId: string) =>
  queryOptions({
    queryKey: keys.schedules(projectId),
    queryFn: ({ signal }) => call<Schedule[]>("GET", `/projects/${projectId}/schedules`, undefined, signal),
    refetchInterval: SCHEDULES_MS,
  });

export const runsQuery = (projectId: string, scheduleId: string) =>
  queryOptions({
    queryKey: [...keys.schedules(projectId), scheduleId, "runs"],
    queryFn: ({ signal }) =>
      call<Run[]>("GET", `/projects/${projectId}/schedules/${scheduleId}/runs`, undefined, signal),
    refetchInterval: SCHEDULES_MS,
  });

/** What a cron expression means and when it is due next, or what is wrong with it. */
export const dueTimesQuery = (expression: string, time_zone: string) =>
  queryOptions({
    queryKey: ["schedules", "due", expression, time_zone],
    queryFn: ({ signal }) =>
      call<DueTimes>("GET", `/schedules/due${query({ expression, time_zone })}`, undefined, signal),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

export const loginsQuery = queryOptions({
  queryKey: keys.logins,
  queryFn: ({ signal }) => call<Login[]>("GET", "/me/logins", undefined, signal),
});

/** What the Claude of a session said it can do when it was started as this epoch. */
export type RetentionLimits = Pick<Retention, "keep_days" | "keep_bytes">;

export const retentionQuery = (projectId: string) =>
  queryOptions({
    queryKey: [...keys.projects, projectId, "retention"],
    queryFn: ({ signal }) => call<Retention>("GET", `/projects/${projectId}/retention`, undefined, signal),
  });

/** What would be removed at once under these limits. */
export const retentionPreviewQuery = (projectId: string, { keep_days, keep_bytes }: RetentionLimits) =>
  queryOptions({
    queryKey: [...keys.projects, projectId, "retention", keep_days, keep_bytes],
    queryFn: ({ signal }) => {
      const limits = query({ keep_days: keep_days ?? undefined, keep_bytes: keep_bytes ?? undefined });
      return call<Retention["due"]>("GET", `/projects/${projectId}/retention/preview${limits}`, undefined, signal);
    },
  });

/** Days are inclusive, like 2026-11-26, and those of the time zone. */
export interface UsageFilter {
  since: string;
  until: string;
  time_zone: string;
  project_id?: string | undefined;
}

/** What was used; asked for again by `useFreshSums`. */
export const usageQuery = (by: By, filter: UsageFilter) =>
  queryOptions({
    queryKey: [...keys.usage, by, filter],
    queryFn: ({ signal }) => call<Usage>("GET", `/usage${query({ by, ...filter })}`, undefined, signal),
    placeholderData: keepPreviousData,
    staleTime: 0, // nobody has asked again while the page was away
  });

export const usageCsv = (by: By, filter: UsageFilter) => `/api/v1/usage.csv${query({ by, ...filter })}`;

export const budgetsQuery = (projectId: string) =>
  queryOptions({
    queryKey: [...keys.projects, projectId, "budgets"],
    queryFn: ({ signal }) => call<Budgets>("GET", `/projects/${projectId}/budgets`, undefined, signal),
  });

/** The budgets that bind a session; asked for again when it has cost more, and for what others set or use. */
export const sessionBudgetsQuery = (session: Pick<Session, "id" | "cost_usd">) =>
  queryOptions({
    queryKey: [...keys.sessions, session.id, "budgets", session.cost_usd],
    queryFn: ({ signal }) => call<Budgets>("GET", `/sessions/${session.id}/budgets`, undefined, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });

export const offersQuery = (sessionId: string, epoch: number) =>
  queryOptions({
    queryKey: [...keys.sessions, sessionId, "offers", epoch],
    queryFn: ({ signal }) => call<Offers>("GET", `/sessions/${sessionId}/offers`, undefined, signal),
    staleTime: ({ state }) => (state.data?.models.length ? 300_000 : 0),
  });

export interface SessionFilter {
  project_id?: string | undefined;
  agent_id?: string | undefined;
  state?: SessionState | undefined;
  is_ended?: boolean | undefined;
  is_archived?: boolean | undefined;
  text?: string | undefined;
  limit?: number | undefined;
  before_ms?: number | undefined;
  before_id?: string | undefined;
}

export const auth = {
  register: (account: { username: string; password: string; invitation?: string }) =>
    call<User>("POST", "/auth/register", account),
  signIn: (account: { username: string; password: string }) => call<User>("POST", "/auth/sign-in", account),
  signOut: () => call<unknown>("POST", "/auth/sign-out", {}),
  createCode: () => call<SignInCode>("POST", "/auth/codes", {}),
  followLink: (code: string) => call<User>("POST", "/auth/link", { code }),
  device: (userCode: string) => call<DeviceLogin>("GET", `/auth/device/${encodeURIComponent(userCode)}`),
  approveDevice: (userCode: string) =>
    call<unknown>("POST", `/auth/device/${encodeURIComponent(userCode)}/approve`, {}),
};

export const me = {
  change: (changes: { username?: string; password?: string; current_password?: string }) =>
    call<User>("PATCH", "/me", changes),
  endLogin: (id: string) => call<unknown>("DELETE", `/me/logins/${id}`),
  createToken: (name: string) => call<NewApiToken>("POST", "/tokens", { name }),
  deleteToken: (id: string) => call<unknown>("DELETE", `/tokens/${id}`),
};

export const notifications = {
  pushKey: () => call<{ key: string }>("GET", "/notifications/push-key"),
  addPush: (subscription: { endpoint: string; p256dh: string; auth: string; name: string }) =>
    call<Channel>("POST", "/notifications/push", subscription),
  addNtfy: (topic: { address: string; token?: string }) => call<Channel>("POST", "/notifications/ntfy", topic),
  removeChannel: (id: string) => call<unknown>("DELETE", `/notifications/channels/${id}`),
  testChannel: (id: string) => call<unknown>("POST", `/notifications/channels/${id}/test`, {}),
  choose: (settings: NotificationSettings) => call<NotificationSettings>("PUT", "/notifications/settings", settings),
};

export const webhooks = {
  add: (projectId: string, webhook: { name: string; address: string }) =>
    call<NewWebhook>("POST", `/projects/${projectId}/webhooks`, webhook),
  remove: (projectId: string, id: string) => call<unknown>("DELETE", `/projects/${projectId}/webhooks/${id}`),
  test: (projectId: string, id: string) => call<unknown>("POST", `/projects/${projectId}/webhooks/${id}/test`, {}),
  redeliver: (projectId: string, id: string, deliveryId: string) =>
    call<Notified>("POST", `/projects/${projectId}/webhooks/${id}/deliveries/${deliveryId}/redeliver`, {}),
};

const schedulePath = (projectId: string, id: string) => `/projects/${projectId}/schedules/${id}`;

export const schedules = {
  create: (projectId: string, plan: SchedulePlan) => call<Schedule>("POST", `/projects/${projectId}/schedules`, plan),
  change: (projectId: string, id: string, plan: SchedulePlan) =>
    call<Schedule>("PUT", schedulePath(projectId, id), plan),
  pause: (projectId: string, id: string) => call<Schedule>("POST", `${schedulePath(projectId, id)}/pause`, {}),
  resume: (projectId: string, id: string) => call<Schedule>("POST", `${schedulePath(projectId, id)}/resume`, {}),
  run: (projectId: string, id: string, runId: string) =>
    call<Run>("POST", `${schedulePath(projectId, id)}/runs`, { id: runId }),
  remove: (projectId: string, id: string) => call<unknown>("DELETE", schedulePath(projectId, id)),
};

export const projects = {
  create: (name: string) => call<Project>("POST", "/projects", { name }),
  rename: (id: string, name: string) => call<Project>("PATCH", `/projects/${id}`, { name }),
  delete: (id: string) => call<unknown>("DELETE", `/projects/${id}`),
  setBudgets: (id: string, budgets: { day_usd: number | null; month_usd: number | null; time_zone: string }) =>
    call<Budgets>("PUT", `/projects/${id}/budgets`, budgets),
  setRetention: (id: string, limits: RetentionLimits) => call<Retention>("PUT", `/projects/${id}/retention`, limits),
  changeMember: (id: string, userId: string, role: Role) =>
    call<unknown>("PATCH", `/projects/${id}/members/${userId}`, { role }),
  removeMember: (id: string, userId: string) => call<unknown>("DELETE", `/projects/${id}/members/${userId}`),
  invite: (id: string, role: Role) => call<NewInvitation>("POST", `/projects/${id}/invitations`, { role }),
  withdrawInvitation: (id: string, invitationId: string) =>
    call<unknown>("DELETE", `/projects/${id}/invitations/${invitationId}`),
  acceptInvitation: (code: string) => call<Project>("POST", "/invitations/accept", { code }),
};

export const agents = {
  list: (projectId?: string, signal?: AbortSignal) =>
    call<Agent[]>("GET", `/agents${query({ project_id: projectId })}`, undefined, signal),
  create: (projectId: string, name: string) => call<AgentWithToken>("POST", `/projects/${projectId}/agents`, { name }),
  rename: (id: string, name: string) => call<Agent>("PATCH", `/agents/${id}`, { name }),
  delete: (id: string) => call<unknown>("DELETE", `/agents/${id}`),
  giveUp: (id: string) => call<GivenUp>("POST", `/agents/${id}/give-up`, {}),
  rotateToken: (id: string) => call<AgentWithToken>("POST", `/agents/${id}/token`, {}),
  revoke: (id: string) => call<Agent>("POST", `/agents/${id}/revoke`, {}),
};

/** What is in a directory of a machine, from an entry on; its default directory where no path is given. */
export const listDirectory = (agentId: string, path?: string, signal?: AbortSignal, skip = 0) =>
  call<Directory>("GET", `/agents/${agentId}/files${query({ path, skip: skip || undefined })}`, undefined, signal);

/** Files of a machine; a path is absolute, or counts from the default directory. */
export const files = {
  read: (agentId: string, path: string, offset = 0, signal?: AbortSignal) =>
    call<FileChunk>("GET", `/agents/${agentId}/files/content${query({ path, offset })}`, undefined, signal),
  write: (agentId: string, piece: FilePiece, signal?: AbortSignal) =>
    call<Written>("PUT", `/agents/${agentId}/files/content`, piece, signal),
  downloadUrl: (agentId: string, path: string) => `/api/v1/agents/${agentId}/files/download${query({ path })}`,
};

/** Conversations that were held on a machine outside of ClaudiOS. */
export const conversations = {
  list: (agentId: string, skip = 0, signal?: AbortSignal) =>
    call<ListedConversations>(
      "GET",
      `/agents/${agentId}/conversations${query({ skip: skip || undefined })}`,
      undefined,
      signal,
    ),
  /** Go on with one as a session; the same session again where that was done before. */
  import: (agentId: string, id: string) => call<Session>("POST", `/agents/${agentId}/conversations/${id}/import`, {}),
};

/** Git on a session's machine. */
export const git = {
  state: (id: string, signal?: AbortSignal) => call<GitState>("GET", `/sessions/${id}/git`, undefined, signal),
  diff: (id: string, against: Against, path?: string, signal?: AbortSignal) =>
    call<GitDiff>("GET", `/sessions/${id}/git/diff${query({ against, path })}`, undefined, signal),
  merge: (id: string) => call<MergedWorktree>("POST", `/sessions/${id}/git/worktree/merge`, {}),
  /** Remove it, or learn what would be lost: `confirmed` is the digest of a loss that is agreed to. */
  remove: (id: string, confirmed: string | null) =>
    call<RemovedWorktree>("POST", `/sessions/${id}/git/worktree/remove`, { confirmed }),
};

export const sessions = {
  setBudget: (id: string, usd: number | null) => call<Budgets>("PUT", `/sessions/${id}/budget`, { usd }),
  setLimitPrompt: (id: string, prompt: string | null) =>
    call<Session>("PUT", `/sessions/${id}/limit-prompt`, { prompt }),
  cancelLimitStop: (id: string) => call<Session>("POST", `/sessions/${id}/limit-stop/cancel`, {}),
  list: (filter: SessionFilter, signal?: AbortSignal) =>
    call<Session[]>("GET", `/sessions${query({ ...filter })}`, undefined, signal),
  get: (id: string, signal?: AbortSignal) => call<Session>("GET", `/sessions/${id}`, undefined, signal),
  start: ({ project_id, ...wanted }: NewSession & { project_id: string }) =>
    call<Session>("POST", `/projects/${project_id}/sessions`, wanted),
  rename: (id: string, title: string) => call<Session>("PATCH", `/sessions/${id}`, { title }),
  setResume: (id: string, resume: Session["resume"]) => call<Session>("PATCH", `/sessions/${id}`, { resume }),
  setKept: (id: string, isKept: boolean) => call<Session>("PATCH", `/sessions/${id}`, { is_kept: isKept }),
  setArchived: (id: string, isArchived: boolean) =>
    call<Session>("PATCH", `/sessions/${id}`, { is_archived: isArchived }),
  delete: (id: string) => call<unknown>("DELETE", `/sessions/${id}`),
  command: (id: string, text: string, commandId: string, images: readonly string[] = [], signal?: AbortSignal) =>
    call<Instruction>("POST", `/sessions/${id}/commands`, { text, id: commandId, ...withImages(images) }, signal),
  interrupt: (id: string) => call<Instruction>("POST", `/sessions/${id}/interrupt`, {}),
  stopTask: (id: string, taskId: string) => call<Instruction>("POST", `/sessions/${id}/tasks/${taskId}/stop`, {}),
  set: (id: string, setting: Setting) => call<Instruction>("POST", `/sessions/${id}/settings`, setting),
  terminate: (id: string) => call<Instruction>("POST", `/sessions/${id}/terminate`, {}),
  resume: (id: string) => call<Session>("POST", `/sessions/${id}/resume`, {}),
  resumeWith: (id: string, prompt: string, promptId: string, images: readonly string[], signal: AbortSignal) =>
    call<Session>("POST", `/sessions/${id}/resume`, { prompt, id: promptId, ...withImages(images) }, signal),
  resumeAs: (id: string, mode: Mode) => call<Session>("POST", `/sessions/${id}/resume`, { mode }),
  fork: (id: string, newId: string) => call<Session>("POST", `/sessions/${id}/fork`, { id: newId }),
  instructions: (id: string, signal?: AbortSignal) =>
    call<Instruction[]>("GET", `/sessions/${id}/instructions`, undefined, signal),
  edit: (id: string, instructionId: string, text: string, insteadOf: string) =>
    call<Instruction>("PATCH", `/sessions/${id}/instructions/${instructionId}`, { text, instead_of: insteadOf }),
  withdraw: (id: string, instructionId: string) =>
    call<Instruction>("POST", `/sessions/${id}/instructions/${instructionId}/withdraw`, {}),
  retry: (id: string, instructionId: string) =>
    call<Instruction>("POST", `/sessions/${id}/instructions/${instructionId}/retry`, {}),
  drop: (id: string, instructionId: string) =>
    call<Instruction>("POST", `/sessions/${id}/instructions/${instructionId}/drop`, {}),
  /** What a beginning of a path may become, below the session's directory on its machine. */
  paths: (id: string, beginning: string, signal?: AbortSignal) =>
    call<FoundPaths>("GET", `/sessions/${id}/paths${query({ beginning })}`, undefined, signal),
  itemsBefore: (id: string, no: number, limit = 200) =>
    call<ItemPage>("GET", `/sessions/${id}/items${query({ before: no, limit })}`),
  verify: (id: string) => call<Verification>("GET", `/sessions/${id}/verify`, undefined, undefined, VERIFY_MS),
};

/** Prompts that wait until Claude has nothing to do. */
export const prompts = {
  list: (sessionId: string, signal?: AbortSignal) =>
    call<Queue>("GET", `/sessions/${sessionId}/prompts`, undefined, signal),
  add: (sessionId: string, id: string, text: string, images: readonly string[] = [], signal?: AbortSignal) =>
    call<Queue>("POST", `/sessions/${sessionId}/prompts`, { id, text, ...withImages(images) }, signal),
  edit: (sessionId: string, id: string, text: string, insteadOf: string) =>
    call<Queue>("PATCH", `/sessions/${sessionId}/prompts/${id}`, { text, instead_of: insteadOf }),
  arrange: (sessionId: string, ids: readonly string[]) => call<Queue>("PUT", `/sessions/${sessionId}/prompts`, { ids }),
  withdraw: (sessionId: string, id: string) => call<Queue>("DELETE", `/sessions/${sessionId}/prompts/${id}`),
  send: (sessionId: string, id: string) => call<Instruction>("POST", `/sessions/${sessionId}/prompts/${id}/send`, {}),
};

export const requests = {
  pending: (signal?: AbortSignal) => call<Request[]>("GET", "/requests?state=pending", undefined, signal),
  ofSession: (sessionId: string, signal?: AbortSignal) =>
    call<Request[]>("GET", `/requests${query({ session_id: sessionId })}`, undefined, signal),
  answer: (sessionId: string, requestId: string, answer: Answer) =>
    call<Request>("POST", `/sessions/${sessionId}/requests/${encodeURIComponent(requestId)}/answer`, answer),
};

function withImages(images: readonly string[]) {
  return images.length === 0 ? {} : { images };
}
