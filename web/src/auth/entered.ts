import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { keys } from "../api/resources";
import type { User } from "../api/types";
import { useLive } from "../live/hooks";
import { noteEntered } from "../live/person";

/** Returns what to do once somebody has signed in: begin with a clean page, and go where they wanted to. */
export function useEnter(): (user: User, to?: string) => Promise<void> {
  const client = useQueryClient();
  const live = useLive();
  const navigate = useNavigate();
  return async (user, to) => {
    noteEntered(user.id);
    live.leave();
    client.clear();
    client.setQueryData(keys.me, user);
    await navigate({ to: localPath(to), replace: true });
  };
}

/** Where to go on: only a path of this very page, for a link must not lead a freshly signed-in person elsewhere. */
export function localPath(to = "/"): string {
  return to.startsWith("/") && new URL(to, location.origin).origin === location.origin ? to : "/";
}
