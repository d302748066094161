import { useMemo } from "react";
import type { Session } from "../api/types";
import { usePendingRequests, useSessions } from "../live/hooks";
import { statusOf } from "../sessions/status";

/** The sessions in whose terminal Claude waits for a person, oldest first: what it asks stands on the screen alone. */
export function waitingTerminals(sessions: readonly Session[]): readonly Session[] {
  return sessions
    .filter((session) => session.mode === "terminal" && statusOf(session) === "waiting")
    .sort((one, other) => one.updated_ms - other.updated_ms);
}

export function useWaitingTerminals(): readonly Session[] {
  const sessions = useSessions();
  return useMemo(() => waitingTerminals(sessions), [sessions]);
}

/** How much waits for a person: what is asked in chats, and terminals. */
export function useWaitingCount(): number {
  return usePendingRequests().length + useWaitingTerminals().length;
}
