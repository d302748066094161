import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { git } from "../../api/resources";
import type { Against, Session } from "../../api/types";

const gitOf = (sessionId: string) => ["git", sessionId] as const;

/** How the repository stands in which a session works; its machine is asked, so it has to be there. */
export const gitStateQuery = ({ id, agent_online, directory }: Session) =>
  queryOptions({
    queryKey: [...gitOf(id), "state", directory],
    queryFn: ({ signal }) => git.state(id, signal),
    enabled: agent_online,
    retry: false,
    staleTime: 5_000,
  });

/** What differs there, in all files, or more of what differs in one. */
export const gitDiffQuery = ({ id, directory }: Session, against: Against, path?: string) =>
  queryOptions({
    queryKey: [...gitOf(id), "diff", directory, against, path],
    queryFn: ({ signal }) => git.diff(id, against, path, signal),
    retry: false,
  });

/** Look again at everything of a session's git; the result does it now, and it is done whenever Claude's turn ends. */
export function useLookAgain({ id, activity }: Session): () => void {
  const client = useQueryClient();
  const before = useRef(activity);
  useEffect(() => {
    if (before.current !== activity && activity === "idle") void client.invalidateQueries({ queryKey: gitOf(id) });
    before.current = activity;
  }, [activity, id, client]);
  return () => void client.invalidateQueries({ queryKey: gitOf(id) });
}
