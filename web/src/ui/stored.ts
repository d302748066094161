import { useCallback, useEffect, useRef, useState } from "react";

/** Tells what shows a text that more was added to it; the events are named as the texts. */
const additions = new EventTarget();

/** Text that survives a reload, kept under `key` in this browser. `onAdded` is called when more is added from elsewhere. */
export function useStored(key: string, onAdded?: () => void): [string, (value: string) => void] {
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
  const latest = useRef({ value, store, onAdded });
  latest.current = { value, store, onAdded };
  useEffect(() => {
    const add = (event: Event) => {
      const { value, store, onAdded } = latest.current;
      event.preventDefault();
      store(joined(value, (event as CustomEvent<string>).detail));
      onAdded?.();
    };
    additions.addEventListener(key, add);
    return () => additions.removeEventListener(key, add);
  }, [key]);
  return [value, store];
}

/** Add text, after a blank line, to what is kept under `key`. */
export function addToStored(key: string, text: string): void {
  const isUnshown = additions.dispatchEvent(new CustomEvent(key, { detail: text, cancelable: true }));
  if (isUnshown) localStorage.setItem(key, joined(read(key), text));
}

function joined(before: string, text: string): string {
  return before.trim() === "" ? text : `${before.trimEnd()}\n\n${text}`;
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
