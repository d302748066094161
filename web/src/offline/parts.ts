const missing = new WeakSet<object>();

/** Note that a part of the page could not be loaded, and why. */
export function noteMissing(failure: Error): void {
  missing.add(failure);
}

/** Whether a part of the page was missing. It stays so until the page is loaded anew, whatever the server does. */
export function isOfMissing(failure: unknown): boolean {
  return failure instanceof Error && missing.has(failure);
}
