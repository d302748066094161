import { createContext, type ReactNode, useCallback, useContext, useEffect, useSyncExternalStore } from "react";
import type { Agent, Item, Queue, Request, Session } from "../api/types";
import type { Live } from "./live";
import type { Prompt } from "./outbox";
import type { Connection } from "./socket";
import type { Standing } from "./standing";
import type { Store } from "./store";
import { topic } from "./topic";
import type { TranscriptView } from "./transcripts";
import type { UnsentPrompt } from "./unsent";

const LiveContext = createContext<Live | null>(null);

export function LiveProvider({ live, children }: { live: Live; children: ReactNode }) {
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error("LiveProvider is missing above this component.");
  return live;
}

/** Read a snapshot of the store, again whenever `name` is touched. */
function useStore<T>(name: string, read: (store: Store) => T): T {
  const { store } = useLive();
  const listen = useCallback((changed: () => void) => store.topics.listen(name, changed), [store, name]);
  return useSyncExternalStore(listen, () => read(store));
}

export const useConnection = (): Connection => useStore(topic.connection, (store) => store.connection);
export const useStanding = (): Standing => useStore(topic.connection, (store) => store.standing);
export const useSessions = (): readonly Session[] => useStore(topic.sessions, (store) => store.sessions);
export const useSession = (id: string): Session | undefined =>
  useStore(topic.session(id), (store) => store.session(id));
export const useAgents = (): readonly Agent[] => useStore(topic.agents, (store) => store.agents);
export const useAgent = (id: string): Agent | undefined => useStore(topic.agents, (store) => store.agent(id));
export const usePendingRequests = (): readonly Request[] => useStore(topic.requests, (store) => store.pendingRequests);
export const useRequest = (sessionId: string, id: string): Request | undefined =>
  useStore(topic.requests, (store) => store.request(sessionId, id));
export const useIsAsking = (sessionId: string, toolUseId: string): boolean =>
  useStore(topic.requests, (store) => store.transcripts.isAsking(sessionId, toolUseId));
export const useTranscript = (id: string): TranscriptView =>
  useStore(topic.transcript(id), (store) => store.transcripts.view(id));
export const useItem = (id: string, no: number): Item | undefined =>
  useStore(topic.item(id, no), (store) => store.transcripts.item(id, no));
export const useChildren = (id: string, toolUseId: string): readonly number[] =>
  useStore(topic.children(id, toolUseId), (store) => store.transcripts.children(id, toolUseId));
export const useQueue = (id: string): Queue | undefined => useStore(topic.queue(id), (store) => store.queue(id));
export const usePrompts = (id: string): readonly Prompt[] =>
  useStore(topic.outbox(id), (store) => store.transcripts.prompts(id, store.session(id)?.state === "ended"));

/** What this browser has not sent yet, of all sessions. */
export function useUnsent(): readonly UnsentPrompt[] {
  const { store, unsent } = useLive();
  const listen = useCallback((changed: () => void) => store.topics.listen(topic.unsent, changed), [store]);
  return useSyncExternalStore(listen, () => unsent.all);
}

/** Let the server know that this session is before the person, while it is shown in a window that can be seen. */
export function useLook(sessionId: string): void {
  const { socket } = useLive();
  useEffect(() => {
    const look = () => socket.look(document.hidden ? null : sessionId);
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      socket.look(null);
    };
  }, [socket, sessionId]);
}

/** Follow a session while the component is shown. */
export function useWatch(sessionId: string): void {
  const live = useLive();
  useEffect(() => live.watch(sessionId), [live, sessionId]);
}
