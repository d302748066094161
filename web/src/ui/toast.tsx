import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { explain } from "../api/http";

/** Something that is said briefly. */
export interface Told {
  title: string;
  description?: string;
  type?: "error";
  timeout?: number;
  priority?: "high";
  actionProps?: { children: string; onClick: () => void };
}

type List = ComponentType<{ onReady: (show: (told: Told) => void) => void }>;

const LOADED_AFTER_MS = 1_500;

/** What was told before there was something to show it. */
const untold: Told[] = [];
let show: ((told: Told) => void) | null = null;
let loadList: () => void = () => {};

/** Say briefly that something has happened, with a way back where there is one. */
export function tell(title: string, undo?: () => void): void {
  add({
    title,
    ...(undo === undefined ? {} : { actionProps: { children: "Undo", onClick: undo }, timeout: 8000 }),
  });
}

/** Say that something did not work, and what the remedy is, in plain text. */
export function tellFailure(what: string, failure: unknown): void {
  add({
    title: what,
    description: explain(failure).replaceAll("`", ""),
    type: "error",
    timeout: 9000,
    priority: "high",
  });
}

/** Run an action; when it fails, say so. Returns whether it worked. */
export async function attempt(what: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (failure) {
    tellFailure(what, failure);
    return false;
  }
}

/**
 * Shows what is told. No first view needs it, so it is loaded a moment later, or when something is told before; what
 * cannot be loaded then is asked for again with the next that is told, and all is shown.
 */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [List, setList] = useState<List | null>(null);
  useEffect(() => {
    const load = () =>
      void import("./toast-list").then(
        ({ ToastList }) => setList(() => ToastList),
        () => undefined,
      );
    loadList = load;
    if (untold.length > 0) load();
    const timer = setTimeout(load, LOADED_AFTER_MS);
    return () => {
      clearTimeout(timer);
      loadList = () => {};
      show = null;
    };
  }, []);
  return (
    <>
      {children}
      {List !== null && <List onReady={begin} />}
    </>
  );
}

function add(told: Told): void {
  if (show !== null) return show(told);
  untold.push(told);
  loadList();
}

function begin(shown: (told: Told) => void): void {
  show = shown;
  for (const told of untold.splice(0)) shown(told);
}
