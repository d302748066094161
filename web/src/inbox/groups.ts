import type { Request } from "../api/types";

/** Equal requests, which one answer can settle; the oldest first. */
export interface Group {
  key: string;
  requests: readonly [Request, ...Request[]];
}

/** Put equal requests for permission together: the same tool with the same input, and the same ways to allow it. */
export function grouped(pending: readonly Request[], isApart: (key: string) => boolean): Group[] {
  const groups = new Map<string, [Request, ...Request[]]>();
  for (const request of pending) {
    const own = `${request.session_id}/${request.id}`;
    const shared = sharedKey(request);
    const key = shared === null || isApart(shared) ? own : shared;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [request]);
    else known.push(request);
  }
  return [...groups].map(([key, requests]) => ({ key, requests }));
}

function sharedKey({ kind, tool_name, input, suggestions }: Request): string | null {
  return kind === "permission" ? JSON.stringify([tool_name, input, suggestions]) : null;
}
