const FIRST_WINDOW_MS = 500;
const LONGEST_WINDOW_MS = 30_000;

/** Choose how long to wait before attempt number `attempt` (0 for the first), spread so that pages do not return as one. */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(LONGEST_WINDOW_MS, FIRST_WINDOW_MS * 2 ** attempt));
}
