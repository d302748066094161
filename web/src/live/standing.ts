import type { Connection } from "./socket";

/** Whether what the page shows is true now, and if not, until when it was. */
export interface Standing {
  /** When the server was last heard; null while it is followed, and before it ever was. */
  asOfMs: number | null;
  /** The server does not answer: what needs it cannot be done, but for what is kept and sent later. */
  isCutOff: boolean;
}

export const AT_FIRST: Standing = { asOfMs: null, isCutOff: false };

/**
 * Say how things stand once the connection has become another. A first attempt that failed cuts nothing off yet, and one
 * that is under way changes nothing.
 */
export function standingAfter(before: Standing, was: Connection, now: Connection, heardMs: number): Standing {
  const asOfMs = before.asOfMs ?? (was.state === "live" ? heardMs : null);
  switch (now.state) {
    case "live":
      return now.isFollowing ? AT_FIRST : { asOfMs: before.asOfMs, isCutOff: false };
    case "stopped":
      return AT_FIRST;
    case "connecting":
      return { asOfMs, isCutOff: before.isCutOff };
    case "offline":
      return { asOfMs, isCutOff: true };
    case "waiting":
      return { asOfMs, isCutOff: before.isCutOff || now.attempts > 1 };
  }
}
