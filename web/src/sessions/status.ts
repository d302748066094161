import type { Session } from "../api/types";
import { visible } from "../ui/visible";

/** How a session stands, as a person would say it. */
export type Status =
  | "queued"
  | "starting"
  | "working"
  | "waiting"
  | "idle"
  | "ending"
  | "offline"
  | "ended"
  | "failed"
  | "lost";

export const STATUS_WORDS: Record<Status, string> = {
  queued: "Queued",
  starting: "Starting",
  working: "Working",
  waiting: "Waiting for you",
  idle: "Idle",
  ending: "Ending",
  offline: "Agent offline",
  ended: "Ended",
  failed: "Failed",
  lost: "Lost",
};

export function statusOf(session: Session): Status {
  if (session.is_ending && session.agent_online) return "ending";
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

/** Why an ended session can neither go on nor be forked; null where it can. */
export function obstacleOf({ removed_ms, worktree }: Session): string | null {
  if (removed_ms !== null) return "Its output was removed, so it cannot be resumed. Start a new session.";
  if (worktree?.removed_ms != null) return "Its worktree was removed, so it cannot be resumed. Start a new session.";
  return null;
}

const URGENCY: Record<Status, number> = {
  waiting: 0,
  working: 1,
  starting: 2,
  queued: 3,
  idle: 4,
  ending: 4,
  offline: 5,
  failed: 6,
  lost: 6,
  ended: 6,
};

/** First what needs a person, then what is at work; those alike stay in their order. In one pass: there may be thousands. */
export function mostUrgentFirst(sessions: readonly Session[]): Session[] {
  const alike: Session[][] = [];
  for (const session of sessions) {
    const urgency = URGENCY[statusOf(session)];
    alike[urgency] ??= [];
    alike[urgency].push(session);
  }
  return alike.flat();
}

export function titleOf(session: Session): string {
  return visible(session.title.trim()) || "Untitled session";
}
