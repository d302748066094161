import type { Agent, Request, Session } from "../api/types";
import { askedFor } from "../session/requests/words";
import { type Status, statusOf } from "../sessions/status";
import { GROUPS, type Group, type OverviewSearch } from "./search";

export const GROUP_WORDS: Record<Group, string> = {
  waiting: "Waiting for you",
  working: "Working",
  idle: "Idle",
  unknown: "Unknown",
  ended: "Ended",
};

const GROUP_OF: Record<Status, Group> = {
  waiting: "waiting",
  working: "working",
  starting: "working",
  queued: "working",
  ending: "working",
  idle: "idle",
  offline: "unknown",
  ended: "ended",
  failed: "ended",
  lost: "ended",
};

export const groupOf = (session: Session): Group => GROUP_OF[statusOf(session)];

/** A session at a glance: its group, what it waits for, and since when. */
export interface Glance {
  session: Session;
  group: Group;
  waitsFor: string | null;
  sinceMs: number;
}

/** Whether a session belongs to what is looked for, whatever its state, archived or not. */
export function isLookedFor(session: Session, { project, agent, text }: OverviewSearch): boolean {
  if (project !== undefined && session.project_id !== project) return false;
  if (agent !== undefined && session.agent_id !== agent) return false;
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  return [session.title, session.directory, session.last_text, session.agent_name, session.project_name].some((each) =>
    each?.toLowerCase().includes(wanted),
  );
}

/** The oldest open request of each session: what it waits for. */
export function oldestRequests(pending: readonly Request[]): ReadonlyMap<string, Request> {
  const oldest = new Map<string, Request>();
  for (const request of pending) if (!oldest.has(request.session_id)) oldest.set(request.session_id, request);
  return oldest;
}

export function glance(session: Session, request: Request | undefined, agent: Agent | undefined): Glance {
  const group = groupOf(session);
  return { session, group, waitsFor: waitsFor(session, request), sinceMs: sinceOf(session, group, request, agent) };
}

/** In groups; who has waited longest comes first, and of the others what changed last. */
export function arranged(glances: readonly Glance[]): Record<Group, Glance[]> {
  const groups: Record<Group, Glance[]> = { waiting: [], working: [], idle: [], unknown: [], ended: [] };
  for (const each of glances) groups[each.group].push(each);
  for (const group of GROUPS) {
    const isQueue = group === "waiting";
    groups[group].sort((one, other) => (isQueue ? one.sinceMs - other.sinceMs : other.sinceMs - one.sinceMs));
  }
  return groups;
}

/** What of each group is shown; what is archived is shown by itself, and otherwise is nowhere. */
export function shownOf(groups: Record<Group, Glance[]>, state: OverviewSearch["state"]) {
  const isOfArchive = state === "archived";
  return GROUPS.map((group) => ({
    group,
    glances:
      state === undefined || state === group || isOfArchive
        ? groups[group].filter(({ session }) => (session.archived_ms !== null) === isOfArchive)
        : [],
  }));
}

function waitsFor(session: Session, request: Request | undefined): string | null {
  switch (statusOf(session)) {
    case "waiting":
      if (request !== undefined) return askedFor(request);
      return session.mode === "terminal" ? "An answer in its terminal" : "An answer";
    case "queued":
      return `A place on ${session.agent_name}`;
    case "offline":
      return `${session.agent_name} to come back`;
    case "working":
    case "starting":
    case "idle":
    case "ending":
    case "ended":
    case "failed":
    case "lost":
      return null;
  }
}

function sinceOf(session: Session, group: Group, request: Request | undefined, agent: Agent | undefined): number {
  if (group === "waiting" && request !== undefined) return request.created_ms;
  if (group === "unknown") return Math.max(agent?.last_seen_ms ?? 0, session.since_ms);
  return session.since_ms;
}
