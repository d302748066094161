import { useEffect, useRef } from "react";
import { Finger, type Touch } from "./swipe";

/** Do something when a finger comes in from the left edge of the screen, unless a window over the page is open. */
export function useSwipeFromEdge(act: () => void, isOn = true): void {
  useFinger((finger, at) => finger.isFromEdge(at) && !isSomethingOpen(), act, isOn);
}

/** Do something when a finger goes to the left, wherever it is. */
export function useSwipeToLeft(act: () => void, isOn: boolean): void {
  useFinger((finger, at) => finger.isToLeft(at), act, isOn);
}

/** Act once for each finger that `isMeant`; the browser keeps its own gestures, for which a touch is cancelled. */
function useFinger(isMeant: (finger: Finger, at: Touch) => boolean, act: () => void, isOn: boolean): void {
  const latest = useRef({ isMeant, act });
  latest.current = { isMeant, act };
  useEffect(() => {
    if (!isOn) return;
    let finger: Finger | null = null;
    const begin = (event: TouchEvent) => {
      const at = touchOf(event);
      finger = at === null || isScrolledAcross(event.target) ? null : new Finger(at);
    };
    const move = (event: TouchEvent) => {
      const at = touchOf(event);
      if (at === null || finger === null) return end();
      finger.move(at);
      if (!latest.current.isMeant(finger, at)) return;
      end();
      latest.current.act();
    };
    const end = () => {
      finger = null;
    };
    const passive = { passive: true };
    window.addEventListener("touchstart", begin, passive);
    window.addEventListener("touchmove", move, passive);
    window.addEventListener("touchend", end, passive);
    window.addEventListener("touchcancel", end, passive);
    return () => {
      window.removeEventListener("touchstart", begin);
      window.removeEventListener("touchmove", move);
      window.removeEventListener("touchend", end);
      window.removeEventListener("touchcancel", end);
    };
  }, [isOn]);
}

/** The part of a touch event, React's or the browser's, that is looked at. */
interface Touching {
  touches: { readonly length: number; readonly [at: number]: { clientX: number; clientY: number } };
  timeStamp: number;
}

/** The one finger that touches; null where there are more. */
export function touchOf({ touches, timeStamp }: Touching): Touch | null {
  const touch = touches[0];
  return touch === undefined || touches.length > 1 ? null : { x: touch.clientX, y: touch.clientY, atMs: timeStamp };
}

/** Whether the finger is on something that it can scroll back to the right. */
function isScrolledAcross(target: EventTarget | null): boolean {
  for (let at = target instanceof Element ? target : null; at !== null; at = at.parentElement)
    if (at.scrollLeft > 0) return true;
  return false;
}

function isSomethingOpen(): boolean {
  const open = document.querySelectorAll('[role="dialog"], [role="alertdialog"], [role="menu"]');
  return [...open].some((element) => element.closest("[data-toasts]") === null);
}
