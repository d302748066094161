const WORKER = "/sw.js";

/** Have the browser keep the page's own files, so that it opens without a network; a page in development changes too often. */
export function keepShell(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const register = () => navigator.serviceWorker.register(WORKER).catch(() => undefined); // forbidden: as without one
  if (document.readyState === "complete") void register();
  else window.addEventListener("load", () => void register(), { once: true });
}
