import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "claudios.theme"; // also read by public/theme.js before the first paint
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

export function wantedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
  for (const listener of listeners) listener();
}

/** Put the wanted theme on the document, and keep it there as the system's preference changes. */
export function keepTheme(): void {
  applyTheme();
  system.addEventListener("change", applyTheme);
}

export function useTheme(): Theme {
  return useSyncExternalStore((changed) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  }, wantedTheme);
}

function applyTheme(): void {
  const wanted = wantedTheme();
  const isDark = wanted === "dark" || (wanted === "system" && system.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", isDark ? "#0f0f13" : "#fbfbfc");
}
