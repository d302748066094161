import type { Amounts } from "../api/types";
import { compact, cost, duration } from "../ui/format";
import type { Measure } from "./search";

interface Meaning {
  label: string;
  of: (amounts: Amounts) => number;
  words: (value: number) => string;
  /** Another way to say it beside an axis, whose round values need no more digits than they have. */
  axis?: (value: number) => string;
}

/** What is measured: its name, its value, and the value as people read it. */
export const MEANINGS: Record<Measure, Meaning> = {
  cost: {
    label: "Cost",
    of: ({ cost_usd }) => cost_usd,
    words: cost,
    axis: (value) => `$${Number(value.toPrecision(3))}`,
  },
  tokens: { label: "Tokens", of: tokens, words: compact },
  time: { label: "Time", of: ({ duration_ms }) => duration_ms, words: duration },
  turns: { label: "Turns", of: ({ turns }) => turns, words: compact },
};

/** All tokens: read, written, and from or to the cache. */
export function tokens(amounts: Amounts): number {
  const { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = amounts;
  return input_tokens + output_tokens + cache_read_tokens + cache_write_tokens;
}

/** The smallest of 1, 2, 2.5, 5 or 10 times a power of ten that is not below the value: the top of an axis. */
export function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** A date in the browser's own time zone, like 2026-11-26, so many days before another. */
export function dayBefore(now: Date, days: number): string {
  const then = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days);
  return `${then.getFullYear()}-${`${then.getMonth() + 1}`.padStart(2, "0")}-${`${then.getDate()}`.padStart(2, "0")}`;
}

const SHORT = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });

/** "26 Nov", of 2026-11-26. */
export const shortDay = (day: string): string => SHORT.format(new Date(`${day}T00:00:00Z`));
