import type { Wanted } from "../api/types";

/** What is looked for, as it stands in the address. */
export interface SearchParams {
  q?: string | undefined;
  project?: string | undefined;
  agent?: string | undefined;
  state?: "running" | "ended" | undefined;
  when?: "day" | "week" | "month" | "year" | undefined;
  cost?: number | undefined;
  order?: "newest" | undefined;
}

const DAYS = { day: 1, week: 7, month: 30, year: 365 } as const;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Read them from an address: what means nothing counts as absent. */
export function readParams(search: Record<string, unknown>): SearchParams {
  const { q, project, agent, state, when, cost, order } = search;
  return {
    ...((typeof q === "string" || typeof q === "number") && String(q) !== "" && { q: String(q) }),
    ...(typeof project === "string" && { project }),
    ...(typeof agent === "string" && { agent }),
    ...((state === "running" || state === "ended") && { state }),
    ...(typeof when === "string" && Object.hasOwn(DAYS, when) && { when: when as keyof typeof DAYS }),
    ...(typeof cost === "number" && cost > 0 && { cost }),
    ...(order === "newest" && { order }),
  };
}

/** Return what to ask the server. Times are whole minutes, so that the same question has the same answer for a while. */
export function wantedOf(params: SearchParams, nowMs: number): Wanted {
  const minute = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  return {
    q: params.q ?? "",
    project_id: params.project,
    agent_id: params.agent,
    state: params.state,
    since_ms: params.when && minute - DAYS[params.when] * DAY_MS,
    min_cost_usd: params.cost,
    order: params.order ?? "best",
  };
}

/** Three letters together are what the server needs; one of a script without spaces is as good as a word. */
export function isEnough(q: string): boolean {
  return (
    /[^\s"]{3}/u.test(q) ||
    /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Mymr}\p{sc=Khmr}]/u.test(q)
  );
}
