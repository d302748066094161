import { useSyncExternalStore } from "react";
import { ago, agoInWords, asOf, fullTime } from "./format";

/** One timer for all who want the time as often; it runs while somebody does. */
class Clock {
  readonly #everyMs: number;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #now = 0;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(this.#tick, this.#everyMs);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  /** The time of the last tick; where none runs, that of who looks first. */
  readonly now = (): number => {
    if (this.#timer === undefined && Date.now() - this.#now >= this.#everyMs) this.#now = Date.now();
    return this.#now;
  };

  readonly #tick = (): void => {
    this.#now = Date.now();
    for (const listener of this.#listeners) listener();
  };
}

const clocks = new Map<number, Clock>();

/** The time now, again every `everyMs`, and at most that much late. */
export function useNow(everyMs = 30_000): number {
  const clock = clocks.get(everyMs) ?? new Clock(everyMs);
  clocks.set(everyMs, clock);
  return useSyncExternalStore(clock.subscribe, clock.now);
}

/** How long ago something was, with the full time behind it; `inWords` where it is part of a sentence. */
export function Ago({ ms, inWords, className }: { ms: number; inWords?: boolean; className?: string }) {
  const now = useNow();
  return (
    <time dateTime={new Date(ms).toISOString()} title={fullTime(ms)} className={className}>
      {inWords ? agoInWords(ms, now) : ago(ms, now)}
    </time>
  );
}

/** Until when something was true, with the full time behind it. */
export function AsOf({ ms }: { ms: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(ms).toISOString()} title={fullTime(ms)}>
      {asOf(ms, now)}
    </time>
  );
}
