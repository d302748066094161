/** The resources of the API: how each is asked for, and under which key its answer is kept. */

import { queryOptions } from "@tanstack/react-query";
import { ApiError, call, query } from "./http";
import type {
  Agent,
  AgentWithToken,
  Answer,
  ApiToken,
  DeviceLogin,
  Instruction,
  Invitation,
  ItemPage,
  Member,
  NewApiToken,
  NewInvitation,
  NewSession,
  Offers,
  Project,
  Queue,
  Request,
  Retention,
  Role,
  ServerInfo,
  Session,
  SessionState,
  Setting,
  User,
  Verification,
} from "./types";

export const keys = {
  server: ["server"],
  me: ["me"],
  projects: ["projects"],
  members: (projectId: string) => ["projects", projectId, "members"],
  invitations: (projectId: string) => ["projects", projectId, "invitations"],
  agents: ["agents"],
  sessions: ["sessions"],
  requests: ["requests"],
  tokens: ["tokens"],
} as const;

export const serverQuery = queryOptions({
  queryKey: keys.server,
  queryFn: ({ signal }) => call<ServerInfo>("GET", "/server", undefined, signal),
});

/** Who is signed in; null when nobody is. Whether anybody is, is asked first: a refusal would stain the console. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ client, signal }) => {
    const server = await client.fetchQuery({ ...serverQuery, staleTime: 0 });
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

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: ({ signal }) => call<ApiToken[]>("GET", "/tokens", undefined, signal),
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
  limit?: number | undefined;
  before_ms?: number | undefined;
}

export const auth = {
  register: (account: { username: string; password: string; invitation?: string }) =>
    call<User>("POST", "/auth/register", account),
  signIn: (account: { username: string; password: string }) => call<User>("POST", "/auth/sign-in", account),
  signOut: () => call<unknown>("POST", "/auth/sign-out", {}),
  followLink: (code: string) => call<User>("POST", "/auth/link", { code }),
  device: (userCode: string) => call<DeviceLogin>("GET", `/auth/device/${encodeURIComponent(userCode)}`),
  approveDevice: (userCode: string) =>
    call<unknown>("POST", `/auth/device/${encodeURIComponent(userCode)}/approve`, {}),
};

export const me = {
  change: (changes: { username?: string; password?: string; current_password?: string }) =>
    call<User>("PATCH", "/me", changes),
  createToken: (name: string) => call<NewApiToken>("POST", "/tokens", { name }),
  deleteToken: (id: string) => call<unknown>("DELETE", `/tokens/${id}`),
};

export const projects = {
  create: (name: string) => call<Project>("POST", "/projects", { name }),
  rename: (id: string, name: string) => call<Project>("PATCH", `/projects/${id}`, { name }),
  delete: (id: string) => call<unknown>("DELETE", `/projects/${id}`),
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
  rotateToken: (id: string) => call<AgentWithToken>("POST", `/agents/${id}/token`, {}),
  revoke: (id: string) => call<Agent>("POST", `/agents/${id}/revoke`, {}),
};

export const sessions = {
  list: (filter: SessionFilter, signal?: AbortSignal) =>
    call<Session[]>("GET", `/sessions${query({ ...filter })}`, undefined, signal),
  get: (id: string, signal?: AbortSignal) => call<Session>("GET", `/sessions/${id}`, undefined, signal),
  start: ({ project_id, ...wanted }: NewSession & { project_id: string }) =>
    call<Session>("POST", `/projects/${project_id}/sessions`, wanted),
  rename: (id: string, title: string) => call<Session>("PATCH", `/sessions/${id}`, { title }),
  setResume: (id: string, resume: Session["resume"]) => call<Session>("PATCH", `/sessions/${id}`, { resume }),
  setKept: (id: string, isKept: boolean) => call<Session>("PATCH", `/sessions/${id}`, { is_kept: isKept }),
  delete: (id: string) => call<unknown>("DELETE", `/sessions/${id}`),
  command: (id: string, text: string, commandId: string) =>
    call<Instruction>("POST", `/sessions/${id}/commands`, { text, id: commandId }),
  interrupt: (id: string) => call<Instruction>("POST", `/sessions/${id}/interrupt`, {}),
  stopTask: (id: string, taskId: string) => call<Instruction>("POST", `/sessions/${id}/tasks/${taskId}/stop`, {}),
  set: (id: string, setting: Setting) => call<Instruction>("POST", `/sessions/${id}/settings`, setting),
  terminate: (id: string) => call<Instruction>("POST", `/sessions/${id}/terminate`, {}),
  resume: (id: string, prompt?: string) =>
    call<Session>("POST", `/sessions/${id}/resume`, prompt === undefined ? {} : { prompt }),
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
  itemsBefore: (id: string, no: number) =>
    call<ItemPage>("GET", `/sessions/${id}/items${query({ before: no, limit: 200 })}`),
  verify: (id: string) => call<Verification>("GET", `/sessions/${id}/verify`),
};

/** Prompts that wait until Claude has nothing to do. */
export const prompts = {
  list: (sessionId: string, signal?: AbortSignal) =>
    call<Queue>("GET", `/sessions/${sessionId}/prompts`, undefined, signal),
  add: (sessionId: string, id: string, text: string) =>
    call<Queue>("POST", `/sessions/${sessionId}/prompts`, { id, text }),
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
