/** How sessions are grouped, what needs a person first. */
export const GROUPS = ["waiting", "working", "idle", "unknown", "ended"] as const;
export type Group = (typeof GROUPS)[number];

/** The longest text that the server looks for. */
export const MOST_TYPED = 200;

/** What the overview shows, as its address says. */
export interface OverviewSearch {
  state?: Group | "archived" | undefined;
  project?: string | undefined;
  agent?: string | undefined;
  text?: string | undefined;
  view?: "machines" | undefined;
}
