import { type KeyboardEvent, useRef } from "react";
import { useLive } from "../live/hooks";

/**
 * Bring back what was written before: arrow up in an empty field, and on from there. What is changed is a draft like any
 * other. Returns what takes a key, and says whether it was used up.
 */
export function useHistory(sessionId: string, draft: string, put: (draft: string) => void) {
  const { store } = useLive();
  const back = useRef(0);
  return (event: KeyboardEvent): boolean => {
    const step = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (step === 0 || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
    const written = [...new Set(store.transcripts.written(sessionId).toReversed())];
    if (draft === "") back.current = 0;
    else if (draft !== written[back.current - 1]) return false;
    const next = back.current + step;
    if (next < 0 || next > written.length) return false;
    back.current = next;
    event.preventDefault();
    put(written[next - 1] ?? "");
    return true;
  };
}
