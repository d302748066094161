import type { Queue, Session } from "../api/types";
import type { UnsentPrompt } from "../live/unsent";
import type { Way } from "../live/unsent-kept";

/**
 * How a prompt is to be asked for: it waits where Claude may have something to do, or another is before it; the first for
 * a session that has ended resumes it, and those behind it go to what is resumed then.
 */
export function wayFor(
  { id, state, activity }: Pick<Session, "id" | "state" | "activity">,
  isAtOnce: boolean,
  queue: Queue | undefined,
  unsent: readonly UnsentPrompt[],
): Way {
  if (state === "ended") {
    const isBeingResumed = unsent.some(({ sessionId, way, isHeld }) => sessionId === id && way === "resume" && !isHeld);
    return isBeingResumed ? "command" : "resume";
  }
  const isBusy = state === "running" && (activity !== "idle" || (queue?.prompts.length ?? 0) > 0);
  return isBusy && !isAtOnce ? "queue" : "command"; // the server knows exactly
}
