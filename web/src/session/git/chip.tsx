import { useQuery } from "@tanstack/react-query";
import { GitBranch } from "lucide-react";
import type { GitState, Session } from "../../api/types";
import { useAgents } from "../../live/hooks";
import { Button } from "../../ui/button";
import { visible } from "../../ui/visible";
import { gitStateQuery, useLookAgain } from "./queries";

/** The question that an agent of before does not answer. */
const KIND = "git_state";

/** The branch that a session works on, and how many files differ; pressed, it shows them. */
export function GitChip({ session, isOpen, onPress }: { session: Session; isOpen: boolean; onPress: () => void }) {
  useLookAgain(session);
  const isAsked = useAgents().some(({ id, machine }) => id === session.agent_id && machine?.answers?.includes(KIND));
  const query = gitStateQuery(session);
  const { data: state } = useQuery({ ...query, enabled: isAsked && session.agent_online });
  if (!state?.is_repository) return null;
  const count = changedIn(state);
  const name = nameOf(state);
  return (
    <Button
      size="small"
      aria-pressed={isOpen}
      title={name}
      className="aria-pressed:bg-hover"
      icon={<GitBranch aria-hidden className="size-3.5" />}
      onClick={onPress}
    >
      <span className="sr-only">Changes: </span>
      <span className="max-w-32 truncate font-mono max-md:sr-only @max-[40rem]/header:sr-only">{name}</span>
      {count > 0 ? (
        <>
          <span className="sr-only">, </span>
          <span className="text-ink-2 tabular-nums">{state.is_cut ? `${count}+` : count}</span>
          <span className="sr-only"> changed</span>
        </>
      ) : (
        <span className="sr-only">, nothing changed</span>
      )}
    </Button>
  );
}

/** The branch, or the commit where there is none. */
export function nameOf(state: GitState): string {
  return visible(state.branch ?? state.head?.slice(0, 9) ?? "no commit");
}

export function changedIn({ changed = 0, untracked = 0, conflicted = 0 }: GitState): number {
  return changed + untracked + conflicted;
}
