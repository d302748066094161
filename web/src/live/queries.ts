/** HTTP answers that fill the store: asked for at first sight and again after every reconnection. */

import { queryOptions } from "@tanstack/react-query";
import { agents, keys, prompts, requests, type SessionFilter, sessions } from "../api/resources";
import type { Store } from "./store";

export const PAGE_OF_SESSIONS = 100;

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

/** Returns how many came, so that the reader knows whether there may be older ones. */
export const sessionsInto = (store: Store, filter: SessionFilter = {}) =>
  queryOptions({
    queryKey: [...keys.sessions, filter],
    queryFn: async ({ signal }) => {
      const { revision } = store;
      const found = await sessions.list({ limit: PAGE_OF_SESSIONS, ...filter }, signal);
      store.putSessions(found, revision);
      return found.length;
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
      for (const instruction of found) store.transcripts.takeInstruction(instruction);
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
