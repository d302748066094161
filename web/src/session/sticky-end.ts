import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const NEAR_END_PX = 64;
const MOVING_MS = 1000; // how long after somebody's last move the box may still be on its way
const MOVES = ["wheel", "touchmove", "keydown"] as const;

export interface StickyEnd {
  /** The end is in sight, or will be with the next frame. */
  isAtEnd: boolean;
  toEnd: () => void;
  /** Stay where one is from now on: one goes to another place. */
  letGo: () => void;
}

/**
 * Keep a scrolling box at its end while its content grows or its own room shrinks, until somebody scrolls up.
 *
 * Only scrolling up lets go, never the content: however much arrives at once, who was at the end stays there. What
 * arrives before the browser has told of a person's scrolling does not undo it. While `isHeld`, as when a row was just
 * unfolded, nothing is scrolled, and where that leads decides; unless one asks for the end meanwhile.
 */
export function useStickyEnd(
  scroller: RefObject<HTMLElement | null>,
  contentHeight: number,
  isHeld: boolean,
): StickyEnd {
  const [isAtEnd, setAtEnd] = useState(true);
  const isStuck = useRef(true);
  const lastTop = useRef(0);
  const movedAt = useRef(Number.NEGATIVE_INFINITY);
  const isCalled = useRef(false); // to the end, while a row was held
  const keep = useRef(() => {});

  keep.current = () => {
    const element = scroller.current;
    if (element === null) return;
    isCalled.current &&= isHeld;
    const isPinned = isHeld && !isCalled.current;
    const isMoving = performance.now() - movedAt.current < MOVING_MS;
    if (isPinned || (isMoving && element.scrollTop < lastTop.current)) isStuck.current = isNearEnd(element);
    if (!isPinned && isStuck.current) element.scrollTop = element.scrollHeight;
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
    const moved = () => {
      movedAt.current = performance.now();
    };
    const room = new ResizeObserver(() => keep.current());
    element.addEventListener("scroll", scrolled, { passive: true });
    for (const move of MOVES) element.addEventListener(move, moved, { passive: true });
    room.observe(element);
    return () => {
      element.removeEventListener("scroll", scrolled);
      for (const move of MOVES) element.removeEventListener(move, moved);
      room.disconnect();
    };
  }, [scroller]);

  const toEnd = () => {
    isStuck.current = true;
    isCalled.current = true;
    movedAt.current = Number.NEGATIVE_INFINITY;
    keep.current();
  };
  const letGo = useCallback(() => {
    isStuck.current = false;
    isCalled.current = false;
    setAtEnd(false);
  }, []);
  return { isAtEnd, toEnd, letGo };
}

function isNearEnd(element: HTMLElement): boolean {
  return element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR_END_PX;
}
