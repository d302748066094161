/** HTTP answers that fill the store: asked for at first sight and again after every reconnection. */

import { queryOptions } from "@tanstack/react-query";
import { ApiError } from "../api/http";
import { agents, keys, prompts, requests, type SessionFilter, sessions } from "../api/resources";
import type { Session } from "../api/types";
import type { Store } from "./store";

const PAGE_OF_SESSIONS = 100;
const MOST_OF_A_PAGE = 1000;

export const agentsInto = (store: Store) =>
  queryOptions({
    queryKey: keys.agents,
    queryFn: async ({ signal }) => {
      const { revision } = store;
      const found = await agents.list(undefined, signal);
      store.replaceAgents(found, revision);
      return found.length;
    },
  });

/** The last session of a page: what is older than it, or as old and after it by its id, is on the next. */
export interface PageEnd {
  before_ms: number;
  before_id: string;
}

/** Returns from where on older ones are to be asked for; null where there are none. */
export const sessionsInto = (store: Store, filter: SessionFilter = {}) =>
  queryOptions({
    queryKey: [...keys.sessions, filter],
    queryFn: async ({ signal }) => {
      const { revision } = store;
      const found = await sessions.list({ limit: PAGE_OF_SESSIONS, ...filter }, signal);
      store.putSessions(found, revision);
      return endOf(found, PAGE_OF_SESSIONS);
    },
  });

/**
 * All sessions that have not ended, however many and however old: any of them may wait for a person. What was known to
 * live and is not among them has ended, or is gone; no list needs to say so, and each is asked for by itself.
 */
export const livingInto = (store: Store) =>
  queryOptions({
    queryKey: [...keys.sessions, "living"],
    queryFn: async ({ signal }) => {
      const first = store.revision;
      const ids = new Set<string>();
      let end: PageEnd | null = null;
      do {
        const { revision } = store;
        const found: Session[] = await sessions.list({ is_ended: false, limit: MOST_OF_A_PAGE, ...end }, signal);
        store.putSessions(found, revision);
        for (const { id } of found) ids.add(id);
        end = endOf(found, MOST_OF_A_PAGE);
      } while (end !== null);
      for (const id of store.livingBut(ids, first)) await learn(store, id, signal);
      return ids.size;
    },
  });

export const requestsInto = (store: Store) =>
  queryOptions({
    queryKey: keys.requests,
    queryFn: async ({ signal }) => {
      const { revision } = store;
      const found = await requests.pending(signal);
      store.replacePending(found, revision);
      return found.length;
    },
  });

/** All that a session ever asked: the transcript says who answered, these also when. */
export const requestsOfSessionInto = (store: Store, sessionId: string) =>
  queryOptions({
    queryKey: [...keys.requests, sessionId],
    queryFn: async ({ signal }) => {
      const { revision } = store;
      const found = await requests.ofSession(sessionId, signal);
      store.putRequests(found, revision);
      return found.length;
    },
  });

export const instructionsInto = (store: Store, sessionId: string) =>
  queryOptions({
    queryKey: [...keys.sessions, sessionId, "instructions"],
    queryFn: async ({ signal }) => {
      const found = await sessions.instructions(sessionId, signal);
      for (const instruction of found) store.takeInstruction(instruction);
      return found.length;
    },
  });

export const queueInto = (store: Store, sessionId: string) =>
  queryOptions({
    queryKey: [...keys.sessions, sessionId, "prompts"],
    queryFn: async ({ signal }) => {
      const found = await prompts.list(sessionId, signal);
      store.putQueue(found);
      return found.version;
    },
  });

export const sessionInto = (store: Store, sessionId: string) =>
  queryOptions({
    queryKey: [...keys.sessions, sessionId],
    queryFn: async ({ signal }) => {
      const { revision } = store;
      const found = await sessions.get(sessionId, signal);
      store.putSessions([found], revision);
      return found.id;
    },
  });

function endOf(page: readonly Session[], most: number): PageEnd | null {
  const last = page.at(most - 1);
  return last === undefined ? null : { before_ms: last.created_ms, before_id: last.id };
}

/** Ask what became of a session that was known; where there is none any more, forget it. */
async function learn(store: Store, id: string, signal: AbortSignal): Promise<void> {
  const { revision } = store;
  try {
    store.putSessions([await sessions.get(id, signal)], revision);
  } catch (failure) {
    if (!(failure instanceof ApiError && failure.isOfServer && failure.status === 404)) throw failure;
    store.remove("session", id);
  }
}
