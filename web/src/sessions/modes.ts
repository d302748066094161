import type { Mode } from "../api/types";

export const MODES: Record<Mode, { label: string; description: string }> = {
  chat: { label: "Chat", description: "Answers, tools and requests as a conversation" },
  terminal: { label: "Terminal", description: "Claude's own full screen, as on the machine itself" },
};
