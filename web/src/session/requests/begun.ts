import { useState } from "react";
import type { Request } from "../../api/types";
import { lastEntered } from "../../live/person";

const PREFIX = "claudios.answer.";

/**
 * A part of an answer that somebody has begun. This window keeps it through a reload and while they look elsewhere, and
 * also once it is given: it may come to nothing, and Claude asks again. The third value says whether they have begun it
 * just now: what was only kept takes the focus from nobody.
 */
export function useBegun<T>(request: Request, part: string, initially: T): [T, (value: T) => void, boolean] {
  const key = `${PREFIX}${lastEntered() ?? ""}.${request.session_id}.${request.id}.${part}`;
  const [{ value, isNew }, set] = useState(() => ({ value: read<T>(key) ?? initially, isNew: false }));
  const begin = (next: T) => {
    set({ value: next, isNew: true });
    if (next === initially) sessionStorage.removeItem(key);
    else keep(key, JSON.stringify(next));
  };
  return [value, begin, isNew];
}

function read<T>(key: string): T | null {
  const kept = sessionStorage.getItem(key);
  return kept === null ? null : (JSON.parse(kept) as T);
}

function keep(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // No room: what was begun before makes it, all at once. It still stands on the screen.
    for (const other of Object.keys(sessionStorage)) if (other.startsWith(PREFIX)) sessionStorage.removeItem(other);
  }
}
