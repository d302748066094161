import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { followNotifications } from "./account/push";
import { ApiError } from "./api/http";
import { keys } from "./api/resources";
import type { Project, ServerInfo, User } from "./api/types";
import { keepArrivedCode } from "./auth/fragment";
import { LiveProvider } from "./live/hooks";
import { checkOnReturn, createLive, followOtherWindows, keepOnLeaving, warnOnLeaving } from "./live/live";
import { noteMissing } from "./offline/parts";
import { keepShell } from "./offline/shell";
import { createPageRouter } from "./routes";
import { refusalOf } from "./sessions/refusal";
import { closeLast } from "./ui/back";
import "./ui/styles.css";
import { keepTheme } from "./ui/theme";
import { ToastProvider, tellFailure } from "./ui/toast";

keepArrivedCode();
keepTheme();
fetchAhead();

const LIKELY_NEXT_MS = 1500;
const RELOADED = "claudios.reloaded";
const LEAST_BETWEEN_RELOADS_MS = 30_000;

const client: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: "always", // what a browser holds for being offline says nothing of a server on this machine
      refetchOnReconnect: true,
      staleTime: 30_000,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
    },
  },
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401) client.setQueryData(keys.me, null);
    },
  }),
});
const live = createLive();
live.store.onRefused = (instruction) =>
  tellFailure(refusalOf(instruction), instruction.message ?? "The agent gave no reason. Look at its log.");
const router = createPageRouter(client, live);
router.history.block({ blockerFn: ({ action }) => action === "BACK" && closeLast(), enableBeforeUnload: false });
live.onHeld = ({ message }) => tellFailure("A prompt was not sent", message);
live.known = () => known(client);
live.onDoubt = () => void client.invalidateQueries({ queryKey: keys.me });
checkOnReturn(live.socket);
followOtherWindows(live.unsent);
warnOnLeaving(live.unsent);
keepOnLeaving(live.keeper);
followNotifications((path) => router.history.push(path));
reloadWhenReplaced();
if (!location.pathname.startsWith("/shared")) keepShell(); // whoever was sent a link comes for that alone

const page = document.getElementById("page");
if (page === null) throw new Error("index.html has no element with the id `page`.");
createRoot(page).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <LiveProvider live={live}>
          <ToastProvider>
            <RouterProvider router={router} />
          </ToastProvider>
        </LiveProvider>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);

/** What copies are made of beside the store; null until the store has all of it. */
function known(client: QueryClient): ReturnType<typeof live.known> {
  const me = client.getQueryData<User>(keys.me);
  const server = client.getQueryData<ServerInfo>(keys.server);
  const lists = [keys.agents, keys.requests, [...keys.sessions, "living"]];
  const isWhole = lists.every((queryKey) => client.getQueryState(queryKey)?.status === "success");
  if (!me || server === undefined || !isWhole) return null;
  return { me, server, projects: client.getQueryData<Project[]>(keys.projects) ?? null };
}

/** Begin to load what the address will need while the server is still asked who this is. */
function fetchAhead(): void {
  const isSigningIn = ["/sign-in", "/register", "/invitation", "/shared", "/device"].some((path) =>
    location.pathname.startsWith(path),
  );
  if (isSigningIn) return;
  ahead(import("./shell/shell"));
  ahead(location.pathname.startsWith("/sessions/") ? import("./session/view") : import("./overview/overview"));
  // What one is likely to open next is there when it is wanted, even if the server is not just then.
  setTimeout(() => {
    ahead(import("./session/view"));
    ahead(import("./overview/overview"));
    ahead(import("./sessions/start-session-form"));
    ahead(import("./palette/palette"));
  }, LIKELY_NEXT_MS);
}

/** What cannot be had yet is asked for again, and its failure shown, when it is wanted. */
function ahead(part: Promise<unknown>): void {
  part.catch(() => undefined);
}

/** A newer page has been put in place of this one, whose parts are gone: take the newer one. Drafts are kept. */
function reloadWhenReplaced(): void {
  window.addEventListener("vite:preloadError", ({ payload }) => {
    noteMissing(payload);
    void takeNewer();
  });
}

async function takeNewer(): Promise<void> {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < LEAST_BETWEEN_RELOADS_MS) return;
  const found = await fetch("/", { cache: "no-store" }).catch(() => null);
  if (!found?.ok) return; // only the server is away: what is shown is better than nothing
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
}
