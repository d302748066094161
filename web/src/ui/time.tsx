import { useEffect, useState } from "react";
import { ago, agoInWords, asOf, fullTime } from "./format";

/** The time now, again every `everyMs`. */
export function useNow(everyMs = 30_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
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
