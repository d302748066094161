import { notifications } from "../api/resources";
import type { Channel } from "../api/types";

const WORKER = "/sw.js";
const NOT_KEPT = "This browser cannot keep the page's files just now. Make room on this device, and try again.";

/** Why this browser cannot be notified; undefined when it can. */
export function pushObstacle(): string | undefined {
  if (!window.isSecureContext) return "Browsers are notified over https only. Put a certificate or a proxy in front.";
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window))
    return "This browser takes no notifications here. On an iPhone, add the page to the home screen first.";
  if (Notification.permission === "denied")
    return "You have forbidden this page to notify you. Allow it in the browser's settings for this site.";
  return undefined;
}

/** The address that this browser is notified at, if it is. */
export async function pushEndpoint(): Promise<string | null> {
  if (!("serviceWorker" in navigator)) return null;
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  const subscription = await registration?.pushManager?.getSubscription();
  return subscription?.endpoint ?? null;
}

/** Ask the person, and have the server notify this browser. */
export async function subscribeToPush(): Promise<Channel> {
  if ((await Notification.requestPermission()) !== "granted")
    throw new Error("The browser was not allowed to notify you. Allow it for this site, and try again.");
  const registration = await navigator.serviceWorker.register(WORKER);
  await Promise.race([navigator.serviceWorker.ready, givenUp(registration)]);
  const { key } = await notifications.pushKey();
  const wanted = { userVisibleOnly: true, applicationServerKey: key };
  const present = await registration.pushManager.getSubscription();
  if (present !== null) await present.unsubscribe(); // it may be for another server's key
  const { endpoint, keys } = (await registration.pushManager.subscribe(wanted)).toJSON();
  if (endpoint === undefined || keys?.p256dh === undefined || keys.auth === undefined)
    throw new Error("The browser gave no subscription. Try again, or use another browser.");
  return notifications.addPush({ endpoint, p256dh: keys.p256dh, auth: keys.auth, name: browserName() });
}

/** Never resolves; raises where the browser gives the worker up before it runs, as for want of room. */
function givenUp({ installing }: ServiceWorkerRegistration): Promise<never> {
  return new Promise((_, reject) => {
    if (installing === null) return;
    installing.addEventListener("statechange", () => {
      if (installing.state === "redundant") reject(new Error(NOT_KEPT));
    });
  });
}

/** Have the browser itself forget its subscription. */
export async function unsubscribeFromPush(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

/** Go where a notification leads, in the window that is open already. */
export function followNotifications(open: (path: string) => void): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ type?: string; path?: unknown }>) => {
    if (data.type === "open" && typeof data.path === "string" && data.path.startsWith("/")) open(data.path);
  });
}

/** What a person would call this browser. */
export function browserName(agent: string = navigator.userAgent): string {
  const browser =
    BROWSERS.find(([mark]) => agent.includes(mark))?.[1] ?? (agent.includes("Safari/") ? "Safari" : "Browser");
  const system = SYSTEMS.find(([mark]) => agent.includes(mark))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}

// In this order: each calls itself what the next ones do, too.
const BROWSERS = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
] as const;
const SYSTEMS = [
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Mac OS X", "Mac"],
  ["Linux", "Linux"],
] as const;
