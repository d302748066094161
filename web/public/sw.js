// Shows what the server tells while no page is looked at, takes answers from the notification itself, and keeps the
// page's own files so that it opens without a network. It keeps no answer of the API: those are asked of the server only.

const SHELL = { version: "", entry: "", first: [], later: [] }; // filled in by the build: see shell.ts
const OURS = "claudios.shell.";
const KEPT = OURS + SHELL.version;
const PAGE = "/";
const PATIENCE_MS = 5_000;
/** What a proxy answers in the place of a server that is away. */
const AWAY = [502, 503, 504];
/** Where the server answers programs; the page is everywhere else. */
const NO_PAGE = /^\/((api|agent)\/|(healthz|readyz|metrics|openapi\.json)$)/;
const MISSED = "Open ClaudiOS to see what happened.";

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(Promise.all([askDirectly(event), keepShell()]));
});
self.addEventListener("activate", (event) => event.waitUntil(Promise.all([self.clients.claim(), dropReplaced()])));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (SHELL.version === "" || request.method !== "GET" || origin !== self.location.origin) return;
  if (NO_PAGE.test(pathname)) return;
  if (request.mode === "navigate") event.respondWith(navigated(request));
  else if (pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (SHELL.first.includes(pathname) && pathname !== PAGE) event.respondWith(named(request));
});

/** What goes to the API goes there without starting this worker first, where the browser can do so. */
async function askDirectly(event) {
  const rules = ["/api/*", "/agent/*"].map((pathname) => ({
    condition: { urlPattern: { pathname } },
    source: "network",
  }));
  await event.addRoutes?.(rules).catch(() => undefined);
}

/** Keep all that the page begins with, or nothing: an index without its parts would open as an empty page. */
async function keepShell() {
  if (SHELL.version === "") return;
  const cache = await caches.open(KEPT);
  await cache.addAll(SHELL.first);
  const page = await (await cache.match(PAGE))?.text();
  if (!page?.includes(SHELL.entry)) {
    await caches.delete(KEPT);
    throw new Error("The page was replaced while it was kept. It is kept the next time.");
  }
}

/** Let go of the files of older pages. */
async function dropReplaced() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== KEPT).map((name) => caches.delete(name)));
}

/** The page as the server has it now; as it is kept where no server answers. */
async function navigated(request) {
  const kept = await keptOf(PAGE);
  if (kept === undefined) return fetch(request);
  let timer;
  const patience = new Promise((resolve) => {
    timer = setTimeout(() => resolve(kept), PATIENCE_MS);
  });
  const asked = fetch(request).then(
    (found) => (AWAY.includes(found.status) ? kept : found),
    () => kept,
  );
  try {
    return await Promise.race([asked, patience]);
  } finally {
    clearTimeout(timer);
  }
}

/** A file whose name changes with its content: the one that is kept is the right one. */
async function asset(request) {
  const kept = await keptOf(request);
  if (kept !== undefined) return kept;
  const found = await fetch(request);
  if (found.ok && found.type === "basic" && SHELL.later.includes(new URL(request.url).pathname)) {
    const copy = found.clone();
    const keeping = caches.open(KEPT).then((cache) => cache.put(request, copy));
    await keeping.catch(() => undefined); // no room: it is asked for again
  }
  return found;
}

/** A file that keeps its name: the server's, and the one that is kept where no server answers. */
async function named(request) {
  try {
    return await fetch(request);
  } catch (failure) {
    const kept = await keptOf(request);
    if (kept === undefined) throw failure;
    return kept;
  }
}

/** What is kept of this page; nothing where the browser cannot read what it has kept: the server is there as well. */
function keptOf(request) {
  return caches.match(request, { cacheName: KEPT, ignoreVary: true }).catch(() => undefined);
}

self.addEventListener("push", (event) => {
  event.waitUntil(show(event.data === null ? { title: "ClaudiOS", text: MISSED } : event.data.json()));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { data } = event.notification;
  event.waitUntil(event.action === "" ? open(data.path) : answer(data, event.action));
});

// The browser has replaced its subscription: the server is to use the new one.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event.oldSubscription));
});

function show({ title, text, tag, session_id, request_id, is_answerable }) {
  return self.registration.showNotification(title, {
    body: text,
    tag,
    icon: "/favicon.svg",
    requireInteraction: request_id != null,
    data: { path: pathOf(session_id, request_id), session_id, request_id },
    actions: is_answerable
      ? [
          { action: "allow", title: "Allow" },
          { action: "deny", title: "Deny" },
        ]
      : [],
  });
}

function pathOf(sessionId, requestId) {
  if (sessionId == null) return "/";
  return `/sessions/${sessionId}${requestId == null ? "" : `?request=${encodeURIComponent(requestId)}`}`;
}

/** Answer with the login of this browser. What does not work is shown where one can see why. */
async function answer({ session_id, request_id, path }, behavior) {
  try {
    const sent = await fetch(`/api/v1/sessions/${session_id}/requests/${encodeURIComponent(request_id)}/answer`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ behavior }),
    });
    if (!sent.ok) await open(path);
  } catch {
    await open(path);
  }
}

/** Show the page, in a window that is there already if there is one. */
async function open(path) {
  const windows = await self.clients.matchAll({ type: "window" });
  for (const client of windows) {
    client.postMessage({ type: "open", path });
    try {
      await client.focus();
    } catch {
      continue; // the browser lets nobody bring this one to the front
    }
    return;
  }
  await self.clients.openWindow(path);
}

/** What to subscribe with where the browser does not say what it had; null when nobody is signed in any more. */
async function optionsOf() {
  const answer = await fetch("/api/v1/notifications/push-key");
  if (!answer.ok) return null;
  return { userVisibleOnly: true, applicationServerKey: (await answer.json()).key };
}

async function renew(old) {
  const options = old?.options ?? (await optionsOf());
  if (options === null) return;
  const subscription = await self.registration.pushManager.subscribe(options);
  const { endpoint, keys } = subscription.toJSON();
  await fetch("/api/v1/notifications/push", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth, name: "Browser" }),
  });
}
