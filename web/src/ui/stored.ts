import { useCallback, useState } from "react";

/** Text that survives a reload, kept under `key` in this browser. */
export function useStored(key: string): [string, (value: string) => void] {
  const [known, setKnown] = useState({ key, value: read(key) });
  const value = known.key === key ? known.value : read(key);
  const store = useCallback(
    (next: string) => {
      setKnown({ key, value: next });
      if (next === "") localStorage.removeItem(key);
      else localStorage.setItem(key, next);
    },
    [key],
  );
  return [value, store];
}

/** A remembered value, or undefined when there is none or it no longer can be read. */
export function remembered<T>(key: string): Partial<T> {
  try {
    return JSON.parse(read(key) || "{}") as Partial<T>;
  } catch {
    return {};
  }
}

export function remember(key: string, value: unknown): void {
  localStorage.setItem(key, JSON.stringify(value));
}

function read(key: string): string {
  return localStorage.getItem(key) ?? "";
}
