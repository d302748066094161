import { Copies } from "../offline/copies";
import { Keeper, type KeepingWorld } from "../offline/keeper";
import { BrowserStore } from "../ui/browser-store";
import { give } from "./give";
import { isStillEntered } from "./person";
import { LiveSocket, type Wire } from "./socket";
import { Store } from "./store";
import { topic } from "./topic";
import { nextFrame, Topics } from "./topics";
import { Unsent, type UnsentPrompt } from "./unsent";
import { isOfUnsent } from "./unsent-kept";

/** The page's one store, the socket that feeds it, and what is not sent yet. */
export interface Live {
  store: Store;
  socket: LiveSocket;
  unsent: Unsent;
  /** Keeps copies for when the server cannot be asked. */
  keeper: Keeper;
  /** What the page knows beside its store, once it knows all that copies are made of. */
  known: KeepingWorld["known"];
  /** Called with an unsent prompt that the server would not have. */
  onHeld: (prompt: UnsentPrompt) => void;
  /** Called when another person than the one on this page may be signed in. */
  onDoubt: () => void;
  /** Forget everything, and have this browser forget its copies: somebody else may sign in. */
  leave(): void;
  /** Follow a session's transcript until the returned function is called. */
  watch(sessionId: string): () => void;
}

export function createLive(open: () => Wire = openWebSocket): Live {
  const store = new Store(new Topics(nextFrame));
  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  };
  const unsent = new Unsent({
    send: (prompt, signal) => give(store, prompt, signal),
    alone: inOneWindow,
    changed: (prompt, isGone) => {
      store.topics.touch(topic.unsent);
      if (prompt.way === "queue") return;
      store.transcripts.changeOutbox(prompt.sessionId, (outbox) =>
        isGone ? outbox.forget(prompt.id) : outbox.putUnsent(prompt),
      );
    },
    held: (prompt) => live.onHeld(prompt),
    doubted: () => live.onDoubt(),
    now: () => Date.now(),
    after,
    random: Math.random,
  });
  const keeper = new Keeper({
    copies: new Copies(new BrowserStore("claudios.copies", "copies"), () => Date.now(), __SHAPES__),
    store,
    known: () => live.known(),
    heardMs: () => socket.heardMs,
    isEntered: isStillEntered,
    after,
  });
  const socket: LiveSocket = new LiveSocket(
    {
      open,
      now: () => Date.now(),
      after,
      random: Math.random,
      // A server on this very machine is there with no network at all.
      isOnline: () => navigator.onLine || ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname),
    },
    {
      message: (message) => store.receive(message),
      connection: (connection) => {
        const wasFollowing = store.connection.state === "live" && store.connection.isFollowing;
        if (wasFollowing && (connection.state === "waiting" || connection.state === "offline")) keeper.flushAll();
        store.setConnection(connection, socket.heardMs);
        if (connection.state === "live" && connection.isFollowing) unsent.connected();
      },
      position: (sessionId) => store.transcripts.position(sessionId),
    },
  );
  store.onPrompts = (ids) => {
    for (const id of ids) unsent.settle(id);
  };
  store.onSessionGone = (sessionId) => {
    unsent.sessionGone(sessionId);
    keeper.sessionGone(sessionId);
  };
  store.transcripts.onLost = (sessionId) => socket.catchUp(sessionId);

  const watchers = new Map<string, number>();
  const watch = (sessionId: string) => {
    const count = watchers.get(sessionId) ?? 0;
    watchers.set(sessionId, count + 1);
    if (count === 0) socket.subscribe(sessionId);
    return () => {
      const left = (watchers.get(sessionId) ?? 1) - 1;
      if (left > 0) return void watchers.set(sessionId, left);
      watchers.delete(sessionId);
      socket.unsubscribe(sessionId);
      store.transcripts.trim((id) => watchers.has(id));
    };
  };
  const leave = () => {
    socket.stop();
    store.clear();
    unsent.end();
    void keeper.end();
  };
  const live: Live = {
    store,
    socket,
    unsent,
    keeper,
    known: () => null,
    onHeld: () => {},
    onDoubt: () => {},
    leave,
    watch,
  };
  return live;
}

const SENT_BY_THEN_MS = 1_000;

/** Know what other windows of this browser have sent, and what they have not. */
export function followOtherWindows(unsent: Unsent): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  window.addEventListener("storage", ({ key }) => {
    if (!isOfUnsent(key)) return;
    clearTimeout(timer);
    timer = setTimeout(() => void unsent.look().then(() => unsent.sendAll()), SENT_BY_THEN_MS);
  });
}

/** Have the browser ask before this page is left with prompts that live no longer than it. */
export function warnOnLeaving(unsent: Unsent): void {
  window.addEventListener("beforeunload", (event) => {
    if (unsent.hasUnkept) event.preventDefault();
  });
}

/** Keep what is shown when the page goes out of sight: nobody says so when it is ended there. */
export function keepOnLeaving(keeper: Keeper): void {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) keeper.flushAll();
  });
  window.addEventListener("pagehide", () => keeper.flushAll());
}

/** Look again at the server whenever the person or the network comes back. */
export function checkOnReturn(socket: LiveSocket): () => void {
  const check = () => {
    if (!document.hidden) socket.check();
  };
  const events: [EventTarget, string][] = [
    [document, "visibilitychange"],
    [window, "online"],
    [window, "offline"],
    [window, "pageshow"],
  ];
  for (const [target, name] of events) target.addEventListener(name, check);
  return () => {
    for (const [target, name] of events) target.removeEventListener(name, check);
  };
}

function inOneWindow<T>(sessionId: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return run(); // over plain http: the server still takes each prompt once
  return navigator.locks.request(`claudios.unsent.${sessionId}`, { signal }, run);
}

function openWebSocket(): Wire {
  const address = new URL("/api/v1/live", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(address) as Wire;
}
