import { useEffect, useRef } from "react";
import type { User } from "../api/types";

/** Another person has signed in in another window: begin anew as them, with nothing of the one before. */
export function useBeginAnewForAnother(me: User | null | undefined): void {
  const first = useRef<string>(undefined);
  useEffect(() => {
    if (!me) return;
    first.current ??= me.id;
    if (first.current !== me.id) location.reload();
  }, [me]);
}
