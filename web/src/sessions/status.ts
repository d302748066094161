import type { Session } from "../api/types";
import { visible } from "../ui/visible";

/** How a session stands, as a person would say it. */
export type Status = "queued" | "starting" | "working" | "waiting" | "idle" | "offline" | "ended" | "failed" | "lost";

export const STATUS_WORDS: Record<Status, string> = {
  queued: "Queued",
  starting: "Starting",
  working: "Working",
  waiting: "Waiting for you",
  idle: "Idle",
  offline: "Agent offline",
  ended: "Ended",
  failed: "Failed",
  lost: "Lost",
};

export function statusOf(session: Session): Status {
  switch (session.state) {
    case "queued":
      return session.agent_online ? "queued" : "offline";
    case "starting":
      return session.agent_online ? "starting" : "offline";
    case "running":
      if (!session.agent_online) return "offline";
      if (session.pending_requests > 0) return "waiting";
      return session.activity ?? "idle";
    case "ended":
      return session.reason === "failed" || session.reason === "lost" ? session.reason : "ended";
  }
}

/** Why a session ended, in one sentence. */
export function endingOf(session: Session): string {
  const detail = session.detail ? ` ${session.detail}` : "";
  switch (session.reason) {
    case "terminated":
      return "It was terminated on request.";
    case "failed":
      return `It failed${session.exit_code === null ? "" : ` with exit code ${session.exit_code}`}.${detail}`;
    case "lost":
      return `Claude's process was lost, with its machine or by force.`;
    case "exited":
    case null:
      return session.exit_code
        ? `Claude has ended unexpectedly (exit code ${session.exit_code}).${detail}`
        : `Claude has ended.${detail}`;
  }
}

const URGENCY: Record<Status, number> = {
  waiting: 0,
  working: 1,
  starting: 2,
  queued: 3,
  idle: 4,
  offline: 5,
  failed: 6,
  lost: 6,
  ended: 6,
};

/** Sort what needs a person first, then what is at work. */
export function byUrgency(one: Session, other: Session): number {
  return URGENCY[statusOf(one)] - URGENCY[statusOf(other)] || other.created_ms - one.created_ms;
}

export function titleOf(session: Session): string {
  return visible(session.title.trim()) || "Untitled session";
}
