import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/http";
import { keys } from "./api/resources";
import { keepArrivedCode } from "./auth/fragment";
import { LiveProvider } from "./live/hooks";
import { checkOnReturn, createLive } from "./live/live";
import { createPageRouter } from "./routes";
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
live.store.onRefused = ({ kind, message }) =>
  tellFailure(
    kind === "terminate_session" ? "The session was not terminated" : "Claude was not reached",
    message ?? "The agent gave no reason. Look at its log.",
  );
const router = createPageRouter(client);
checkOnReturn(live.socket);
reloadWhenReplaced();

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

/** Begin to load what the address will need while the server is still asked who this is. */
function fetchAhead(): void {
  const isSigningIn = ["/sign-in", "/register", "/invitation", "/device/"].some((path) =>
    location.pathname.startsWith(path),
  );
  if (isSigningIn) return;
  void import("./shell/shell");
  if (location.pathname.startsWith("/sessions/")) void import("./session/view");
  else void import("./sessions/list");
  // What one is likely to open next is there when it is wanted, even if the server is not just then.
  setTimeout(() => {
    void import("./session/view");
    void import("./sessions/list");
    void import("./sessions/start-session-form");
  }, LIKELY_NEXT_MS);
}

/** A newer page has been put in place of this one, whose parts are gone: take the newer one. Drafts are kept. */
function reloadWhenReplaced(): void {
  window.addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last < LEAST_BETWEEN_RELOADS_MS) return;
    event.preventDefault();
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  });
}
