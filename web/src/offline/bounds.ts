/** How much of what a person has seen this browser keeps, and for how long. */

import type { Item, Request, Session } from "../api/types";

export const LONGEST_MS = 7 * 24 * 3_600_000;
export const MOST_TRANSCRIPTS = 12;
export const MOST_ITEMS = 200;
export const MOST_SESSIONS = 200;
export const MOST_AGENTS = 100;
export const MOST_REQUESTS = 50;
/** Of each list, and of each transcript, written as JSON. */
export const MOST_CHARACTERS = 262_144;

/** The newest of a transcript that there is room for, in their order; nothing beyond the first that has none. */
export function newestItems(items: readonly Item[]): Item[] {
  return fitting(items.slice(-MOST_ITEMS).reverse()).reverse();
}

/** First the sessions that have not ended, and of each kind the newest. */
export function nearestSessions(sessions: readonly Session[]): Session[] {
  const order = (session: Session) => (session.state === "ended" ? 1 : 0);
  const sorted = [...sessions].sort((one, other) => order(one) - order(other) || other.updated_ms - one.updated_ms);
  return fitting(sorted.slice(0, MOST_SESSIONS));
}

/** What waited longest. */
export function oldestRequests(requests: readonly Request[]): Request[] {
  return fitting(requests.slice(0, MOST_REQUESTS));
}

/** As many from the beginning as there is room for. */
export function fitting<T>(values: readonly T[]): T[] {
  let left = MOST_CHARACTERS;
  const end = values.findIndex((value) => {
    left -= JSON.stringify(value).length;
    return left < 0;
  });
  return end < 0 ? [...values] : values.slice(0, end);
}
