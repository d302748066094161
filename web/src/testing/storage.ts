import { vi } from "vitest";

/** Let the browser's storage take nothing more, until the returned function is called. */
export function fillStorage(): () => void {
  const real = localStorage;
  vi.stubGlobal("localStorage", {
    get length() {
      return real.length;
    },
    key: (at: number) => real.key(at),
    getItem: (key: string) => real.getItem(key),
    removeItem: (key: string) => real.removeItem(key),
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  });
  return () => vi.stubGlobal("localStorage", real);
}
