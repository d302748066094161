import { useEffect } from "react";
import { useWaitingCount } from "../inbox/waiting";

/** Have the icon of the installed page say how much waits for the person; nothing once one has left. */
export function useAppBadge(): void {
  const waiting = useWaitingCount();
  useEffect(() => {
    if (!("setAppBadge" in navigator)) return;
    const show = waiting > 0 ? navigator.setAppBadge(waiting) : navigator.clearAppBadge();
    show.catch(notShown);
  }, [waiting]);
  useEffect(
    () => () => {
      if ("clearAppBadge" in navigator) navigator.clearAppBadge().catch(notShown);
    },
    [],
  );
}

/** Where the page is not installed, a browser may refuse: there is no icon, then, that would be wrong. */
function notShown(failure: unknown): void {
  console.debug("The icon's badge was not changed:", failure);
}
