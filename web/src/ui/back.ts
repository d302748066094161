import { useEffect, useRef } from "react";

/** What closes each thing that is open over the page, the one opened last at the end. */
const closers: (() => void)[] = [];

/** Have the browser's Back close something that is open over the page, instead of leaving the page below it. */
export function useBackCloses(isOpen: boolean, close: () => void): void {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    if (!isOpen) return;
    const closer = () => latest.current();
    closers.push(closer);
    return () => void closers.splice(closers.indexOf(closer), 1);
  }, [isOpen]);
}

/** Close what was opened last; says whether anything was open. */
export function closeLast(): boolean {
  const close = closers.at(-1);
  close?.();
  return close !== undefined;
}
