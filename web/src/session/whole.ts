import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { newId } from "../api/ids";
import { sessions } from "../api/resources";
import type { Session } from "../api/types";
import { useLive } from "../live/hooks";
import { setArchived } from "../sessions/archive";
import { attempt } from "../ui/toast";

/** What is done with a session as a whole, and, in words, what of it is under way. */
export function useWhole(session: Session) {
  const { store } = useLive();
  const navigate = useNavigate();
  const [underWay, setUnderWay] = useState<string | null>(null);
  const during = async (words: string, work: () => Promise<unknown>) => {
    setUnderWay(words);
    await work();
    setUnderWay(null);
  };
  const fork = () =>
    attempt("The session was not forked", async () => {
      const made = await sessions.fork(session.id, newId());
      store.putSession(made);
      await navigate({ to: "/sessions/$sessionId", params: { sessionId: made.id } });
    });
  return {
    underWay,
    fork: () => void during("Forking…", fork),
    archive: (isArchived: boolean) =>
      void during(isArchived ? "Archiving…" : "Unarchiving…", () => setArchived(store, session, isArchived)),
  };
}
