import type { Request } from "../api/types";
import { isWhole } from "../session/requests/change-input";

/** Equal requests, which one answer can settle; the oldest first. */
export interface Group {
  key: string;
  requests: readonly [Request, ...Request[]];
}

/** Put equal requests for permission together: the same tool of the same server with the same input about the same path, and
 * the same ways to allow it. */
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

/** Of inputs that were shortened for showing nobody knows here whether they are equal. */
function sharedKey({ kind, tool_name, mcp_server, input, blocked_path, suggestions }: Request): string | null {
  if (kind !== "permission" || !isWhole(input)) return null;
  return JSON.stringify([tool_name, mcp_server, input, blocked_path, suggestions]);
}
