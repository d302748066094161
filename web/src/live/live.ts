import { LiveSocket, type Wire } from "./socket";
import { Store } from "./store";
import { nextFrame, Topics } from "./topics";

/** The page's one store and the socket that feeds it. */
export interface Live {
  store: Store;
  socket: LiveSocket;
  /** Follow a session's transcript until the returned function is called. */
  watch(sessionId: string): () => void;
}

export function createLive(open: () => Wire = openWebSocket): Live {
  const store = new Store(new Topics(nextFrame));
  const socket = new LiveSocket(
    {
      open,
      now: () => Date.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      // A server on this very machine is there with no network at all.
      isOnline: () => navigator.onLine || ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname),
    },
    {
      message: (message) => store.receive(message),
      connection: (connection) => store.setConnection(connection),
      position: (sessionId) => store.transcripts.position(sessionId),
    },
  );
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
  return { store, socket, watch };
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

function openWebSocket(): Wire {
  const address = new URL("/api/v1/live", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(address) as Wire;
}
