import type { Agent, PermissionMode } from "../api/types";
import { useAgent } from "../live/hooks";

export const PERMISSION_MODES: Record<PermissionMode, { label: string; description: string }> = {
  default: { label: "Ask", description: "Ask before commands and changes" },
  acceptEdits: { label: "Accept edits", description: "Change files without asking, ask for the rest" },
  plan: { label: "Plan first", description: "Look only, then propose a plan" },
  dontAsk: { label: "Don't ask", description: "Deny whatever is not allowed already" },
  auto: { label: "Auto", description: "A classifier decides what needs asking" },
  bypassPermissions: { label: "Allow everything", description: "Never ask; for machines that may break" },
};

/** The modes that an agent's machine allows, as far as it has said so. */
export function allowedModes(agent: Agent | undefined): readonly PermissionMode[] {
  return agent?.machine?.permission_modes ?? ["default"];
}

export function useAllowedModes(agentId: string): readonly PermissionMode[] {
  return allowedModes(useAgent(agentId));
}
