import { useEffect, useState } from "react";

const SETTLING_MS = 500;

/**
 * Whether what is shown has just moved, since something of it went: what one was about to press may be another's now.
 * What is only added at the end moves nothing.
 */
export function useSettling(ids: readonly string[]): boolean {
  const shown = ids.join();
  const [settled, setSettled] = useState(shown);
  const hasMoved = !`${shown},`.startsWith(settled === "" ? "" : `${settled},`);
  useEffect(() => {
    if (shown === settled) return;
    const timer = setTimeout(() => setSettled(shown), hasMoved ? SETTLING_MS : 0);
    return () => clearTimeout(timer);
  }, [shown, settled, hasMoved]);
  return hasMoved;
}
