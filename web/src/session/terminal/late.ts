import { useEffect, useState } from "react";

const LATE_MS = 1000;

/** Whether something has been under way for longer than one would not mind. */
export function useIsLate(sinceMs: number | null): boolean {
  const [lateSince, setLateSince] = useState<number | null>(null);
  useEffect(() => {
    if (sinceMs === null) return;
    const timer = setTimeout(() => setLateSince(sinceMs), sinceMs + LATE_MS - Date.now());
    return () => clearTimeout(timer);
  }, [sinceMs]);
  return sinceMs !== null && lateSince === sinceMs;
}
