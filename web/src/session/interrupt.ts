import { useEffect, useRef, useState } from "react";
import type { Session } from "../api/types";

const SECOND_PRESS_MS = 1500;

/** Whether Claude is at something that can be stopped from here; in a terminal, Esc is the program's own key. */
export function isInterruptible({ mode, state, activity }: Session): boolean {
  return mode === "chat" && state === "running" && activity !== null && activity !== "idle";
}

/** Whether Esc closes something first. A toast, which has the role of a dialog too, asks for nothing. */
function isSomethingOpen(): boolean {
  const open = document.querySelectorAll('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]');
  return [...open].some((element) => element.closest("[data-toasts]") === null);
}

/** Interrupt when Esc is pressed twice; returns whether it was pressed once. */
export function useInterruptByKey(mayInterrupt: boolean, interrupt: () => void): boolean {
  const [isArmed, setArmed] = useState(false);
  const act = useRef(interrupt);
  act.current = interrupt;
  useEffect(() => {
    if (!mayInterrupt) return setArmed(false);
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.repeat || isSomethingOpen()) return;
      setArmed((wasArmed) => {
        if (wasArmed) queueMicrotask(() => act.current());
        return !wasArmed;
      });
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [mayInterrupt]);
  useEffect(() => {
    if (!isArmed) return;
    const timer = setTimeout(() => setArmed(false), SECOND_PRESS_MS);
    return () => clearTimeout(timer);
  }, [isArmed]);
  return isArmed;
}
