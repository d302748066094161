/** Numbers and times as people read them. */

const COUNT = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const DAY_OF_YEAR = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const DAY_AND_CLOCK = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});
const FULL = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium", hour12: false });

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY_MS = 24 * HOUR;
const LAST_MS = 100_000_000 * DAY_MS; // ECMA-262, "Time Values and Time Range"

export const count = (value: number): string => COUNT.format(value);
export const compact = (value: number): string => COMPACT.format(value);
/** The day and the second; a file can say that it was changed at a time which is none, and that does not format. */
export const fullTime = (ms: number): string =>
  Math.abs(ms) <= LAST_MS ? FULL.format(ms) : "at a time beyond the calendar";
const PRECISE = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hour12: false,
});

export const preciseClock = (ms: number): string => PRECISE.format(ms);
export const clock = (ms: number): string => CLOCK.format(ms);
export const dayAndClock = (ms: number): string => DAY_AND_CLOCK.format(ms);

/** "now", "5 min", "3 h", "12 May": how long ago, in as few characters as tell it. */
export function ago(ms: number, nowMs: number): string {
  const past = nowMs - ms;
  if (past < MINUTE) return "now";
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min`;
  if (past < DAY_MS) return `${Math.floor(past / HOUR)} h`;
  const isThisYear = new Date(ms).getFullYear() === new Date(nowMs).getFullYear();
  return (isThisYear ? DAY : DAY_OF_YEAR).format(ms);
}

/** "just now", "5 min ago", "on 12 May": the same within a sentence. */
export function agoInWords(ms: number, nowMs: number): string {
  if (nowMs - ms < MINUTE) return "just now";
  return nowMs - ms < DAY_MS ? `${ago(ms, nowMs)} ago` : `on ${ago(ms, nowMs)}`;
}

/** "As of 14:02", "As of 12 May, 14:02": until when something was true. */
export function asOf(ms: number, nowMs: number): string {
  const isToday = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return `As of ${isToday ? "" : `${DAY.format(ms)}, `}${clock(ms)}`;
}

/** "in 20 min": how long until. */
export function until(ms: number, nowMs: number): string {
  const left = ms - nowMs;
  if (left <= 0) return "expired";
  if (left < HOUR) return `in ${Math.max(1, Math.round(left / MINUTE))} min`;
  if (left < 2 * DAY_MS) return `in ${Math.round(left / HOUR)} h`;
  return `in ${Math.round(left / DAY_MS)} days`;
}

/** "340 ms", "4.2 s", "3 min 20 s". */
export function duration(ms: number): string {
  if (ms > 0 && ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms > 0 && ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) {
    const seconds = Math.round((ms % MINUTE) / SECOND);
    return `${Math.floor(ms / MINUTE)} min${seconds === 0 ? "" : ` ${seconds} s`}`;
  }
  const minutes = Math.round((ms % HOUR) / MINUTE);
  return `${Math.floor(ms / HOUR)} h${minutes === 0 ? "" : ` ${minutes} min`}`;
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  let scaled = value / 1024;
  let unit = "kB";
  for (const next of ["MB", "GB", "TB"]) {
    if (scaled < 1024) break;
    scaled /= 1024;
    unit = next;
  }
  return `${scaled < 10 ? scaled.toFixed(1) : Math.round(scaled)} ${unit}`;
}

/** "42 %". */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** "$0.0042", "$1.37". */
export function cost(usd: number): string {
  return usd === 0 ? "$0" : `$${usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;
}

/** "1 agent", "3 agents". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
