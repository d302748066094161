import { useEffect, useState } from "react";

const MOST_SCALE = 1.01; // what is more is zoomed; less is how a browser rounds

/** How much of the window's lower part a phone's keyboard covers, in pixels. Zooming in by two fingers covers nothing. */
export function useKeyboardInset(): number {
  const [inset, setInset] = useState(0);
  useEffect(() => {
    const viewport = window.visualViewport;
    if (!viewport) return;
    const look = () => {
      if (viewport.scale > MOST_SCALE) return;
      setInset(Math.max(0, Math.round(window.innerHeight - viewport.height - viewport.offsetTop)));
    };
    viewport.addEventListener("resize", look);
    viewport.addEventListener("scroll", look);
    return () => {
      viewport.removeEventListener("resize", look);
      viewport.removeEventListener("scroll", look);
    };
  }, []);
  return inset;
}
