import { useEffect, useRef, useState } from "react";

const SECOND_PRESS_MS = 1500;

/** Interrupt when Esc is pressed twice; returns whether it was pressed once. */
export function useInterruptByKey(isInterruptible: boolean, interrupt: () => void): boolean {
  const [isArmed, setArmed] = useState(false);
  const act = useRef(interrupt);
  act.current = interrupt;
  useEffect(() => {
    if (!isInterruptible) return setArmed(false);
    const onKeyDown = (event: KeyboardEvent) => {
      const isElsewhere = document.querySelector(
        '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]',
      );
      if (event.key !== "Escape" || event.defaultPrevented || event.repeat || isElsewhere !== null) return;
      setArmed((wasArmed) => {
        if (wasArmed) queueMicrotask(() => act.current());
        return !wasArmed;
      });
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [isInterruptible]);
  useEffect(() => {
    if (!isArmed) return;
    const timer = setTimeout(() => setArmed(false), SECOND_PRESS_MS);
    return () => clearTimeout(timer);
  }, [isArmed]);
  return isArmed;
}
