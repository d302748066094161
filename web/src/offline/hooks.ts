import { type Query, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiError } from "../api/http";
import { useLive, useStanding } from "../live/hooks";

/** Keep a session's transcript while it is shown, and show what is kept of it where there is no server to ask. */
export function useCopy(sessionId: string): void {
  const { keeper, store } = useLive();
  const { isCutOff } = useStanding();
  useEffect(() => keeper.follow(sessionId), [keeper, sessionId]);
  useEffect(() => {
    if (!isCutOff || store.transcripts.view(sessionId).isLoaded) return;
    let isWanted = true;
    void keeper.transcript(sessionId).then((copy) => {
      if (!isWanted || copy === null) return;
      store.putCopy(copy.value.session);
      store.transcripts.takeCopy(sessionId, copy.value.items, copy.atMs);
    });
    return () => {
      isWanted = false;
    };
  }, [keeper, store, sessionId, isCutOff]);
}

/** Once everything was asked of the server again, be done with what only this browser's copies say. */
export function useEndOfCopies(): (asked: Promise<unknown>) => void {
  const client = useQueryClient();
  const { store } = useLive();
  return (asked) =>
    void asked.then(() => {
      const { connection } = store;
      const isAnswered = client.getQueryCache().findAll({ type: "active", predicate: failed }).length === 0;
      if (isAnswered && connection.state === "live" && connection.isFollowing) store.endWithCopies();
    });
}

/** Whether something that fills the store was not answered; that a session is there no more is an answer. */
function failed({ queryKey, state }: Query): boolean {
  const isOfStore = queryKey.length <= 2 && ["sessions", "agents", "requests"].includes(String(queryKey[0]));
  const isGone = state.error instanceof ApiError && state.error.isOfServer && state.error.status === 404;
  return isOfStore && state.isInvalidated && !isGone;
}
