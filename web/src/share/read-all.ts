import { ApiError } from "../api/http";
import { shares } from "../api/resources";
import type { Shared } from "../api/types";

const LONGEST_WAIT_SECONDS = 60;

/**
 * Read a shared transcript from its beginning to its end; `tell` hears how many items are here. Where the server says to
 * come back, this does: a long transcript has more pieces than are given out at once. Raises ApiError.
 */
export async function readAll(
  code: string,
  tell: (read: number) => void,
  signal: AbortSignal,
): Promise<{ piece: Shared; items: Shared["items"] }> {
  const items: Shared["items"] = [];
  for (;;) {
    const piece = await readPiece(code, items.at(-1)?.no ?? 0, signal);
    items.push(...piece.items);
    if (!piece.has_more) return { piece, items };
    tell(items.length);
  }
}

async function readPiece(code: string, after: number, signal: AbortSignal): Promise<Shared> {
  for (;;) {
    try {
      return await shares.read(code, after, signal);
    } catch (refused) {
      const seconds = refused instanceof ApiError && refused.status === 429 ? refused.retryAfterSeconds : undefined;
      if (seconds === undefined || seconds > LONGEST_WAIT_SECONDS) throw refused;
      await waited(seconds, signal);
    }
  }
}

function waited(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, seconds * 1000);
    signal.addEventListener("abort", end, { once: true });
  });
}
