import type { Agent } from "../api/types";
import { Check } from "../ui/field";

/** Whether Claude gets a git worktree of its own; only for agents that make them. */
export function WorktreeChoice({
  agent,
  isChosen,
  onChoose,
}: {
  agent: Agent;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
}) {
  if (!makesWorktrees(agent)) return null;
  return (
    <Check
      isChecked={isChosen}
      onChange={onChoose}
      hint="On a branch of its own, beside what you have there. The directory has to be in a git repository."
    >
      Work in a new git worktree
    </Check>
  );
}

export function makesWorktrees(agent: Agent): boolean {
  return agent.machine?.answers?.includes("list_worktrees") ?? false;
}
