import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

const NEAR_END_PX = 64;

export interface StickyEnd {
  /** The end is in sight, or will be with the next frame. */
  isAtEnd: boolean;
  toEnd: () => void;
}

/**
 * Keep a scrolling box at its end while its content grows or its own room shrinks, until somebody scrolls up.
 *
 * Only scrolling up lets go, never the content: however much arrives at once, who was at the end stays there. While
 * `isHeld`, as when a row was just unfolded, nothing is scrolled, and where that leads decides.
 */
export function useStickyEnd(
  scroller: RefObject<HTMLElement | null>,
  contentHeight: number,
  isHeld: boolean,
): StickyEnd {
  const [isAtEnd, setAtEnd] = useState(true);
  const isStuck = useRef(true);
  const lastTop = useRef(0);
  const keep = useRef(() => {});

  keep.current = () => {
    const element = scroller.current;
    if (element === null) return;
    if (isHeld) isStuck.current = isNearEnd(element);
    else if (isStuck.current) element.scrollTop = element.scrollHeight;
    lastTop.current = element.scrollTop;
    setAtEnd(isStuck.current);
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the end moves with the height of the content
  useLayoutEffect(() => keep.current(), [contentHeight, isHeld]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const scrolled = () => {
      const isUp = element.scrollTop < lastTop.current;
      lastTop.current = element.scrollTop;
      if (isNearEnd(element)) isStuck.current = true;
      else if (isUp) isStuck.current = false;
      setAtEnd(isStuck.current);
    };
    const room = new ResizeObserver(() => keep.current());
    element.addEventListener("scroll", scrolled, { passive: true });
    room.observe(element);
    return () => {
      element.removeEventListener("scroll", scrolled);
      room.disconnect();
    };
  }, [scroller]);

  const toEnd = () => {
    isStuck.current = true;
    keep.current();
  };
  return { isAtEnd, toEnd };
}

function isNearEnd(element: HTMLElement): boolean {
  return element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR_END_PX;
}
