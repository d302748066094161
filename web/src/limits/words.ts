import type { LimitWindow } from "../api/types";
import { clock, dayAndClock } from "../ui/format";

/** What is said by itself once a limit has reset, where nobody writes anything else. */
export const CONTINUE = "Continue.";

const NAMES: Record<string, string> = {
  five_hour: "5-hour limit",
  seven_day: "weekly limit",
  seven_day_opus: "weekly limit for Opus",
  seven_day_sonnet: "weekly limit for Sonnet",
  seven_day_overage_included: "weekly limit of this model",
  overage: "limit on usage credits",
};

/** What people call a limit, by Claude's name for it. */
export function limitName(kind: string | null): string {
  if (kind === null) return "usage limit";
  return NAMES[kind] ?? `${kind.replaceAll("_", " ")} limit`;
}

/** "at 14:00", or "on Dec 3, 14:00" where that is not within 20 hours. */
export function when(ms: number, nowMs: number): string {
  return Math.abs(ms - nowMs) < 20 * 3_600_000 ? `at ${clock(ms)}` : `on ${dayAndClock(ms)}`;
}

/** How much of a limit is used now: what has reset since it was told is fresh again; null: nobody knows. */
export function usedNow({ used, resets_ms }: LimitWindow, nowMs: number): number | null {
  return resets_ms !== null && resets_ms <= nowMs ? 0 : used;
}
