/** What the usage page shows, as it stands in its address. */

export const DAYS = [7, 30, 90, 365] as const;
export const MEASURES = ["cost", "tokens", "time", "turns"] as const;

export type Days = (typeof DAYS)[number];
export type Measure = (typeof MEASURES)[number];

export interface UsageSearch {
  days?: Days | undefined;
  measure?: Measure | undefined;
  project?: string | undefined;
}

export const isDays = (value: unknown): value is Days => (DAYS as readonly unknown[]).includes(value);
export const isMeasure = (value: unknown): value is Measure => (MEASURES as readonly unknown[]).includes(value);
