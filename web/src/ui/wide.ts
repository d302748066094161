import { useSyncExternalStore } from "react";

const wide = matchMedia("(min-width: 48rem)"); // as Tailwind's `md`

/** Whether there is more room than a phone has. */
export function useIsWide(): boolean {
  return useSyncExternalStore(listen, () => wide.matches);
}

function listen(changed: () => void): () => void {
  wide.addEventListener("change", changed);
  return () => wide.removeEventListener("change", changed);
}
