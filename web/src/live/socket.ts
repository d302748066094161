import { backoffMs } from "./backoff";
import type { FromPage, FromServer } from "./messages";

export const PING_MS = 15_000;
export const SILENCE_MS = 25_000;
const ANSWER_MS = 5_000;

/** How the page stands with its server. */
export type Connection =
  | { state: "connecting" }
  /** `isFollowing`: the server tells of every change from now on, also of those that what was asked earlier lacks. */
  | { state: "live"; isFollowing: boolean }
  | { state: "waiting"; retryAtMs: number; attempts: number }
  | { state: "offline" }
  | { state: "stopped" };

/** The part of a WebSocket that is used. */
export interface Wire {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

/** What the socket needs of the world around it. */
export interface World {
  open(): Wire;
  now(): number;
  after(ms: number, run: () => void): () => void;
  random(): number;
  isOnline(): boolean;
}

/** What the socket tells, and the one thing it asks: how far a session's transcript has come. */
export interface Listener {
  message(message: FromServer): void;
  connection(connection: Connection): void;
  position(sessionId: string): number | undefined;
}

/** Keep one conversation with the server alive: ping, notice silence, come back, and resume where it broke off. */
export class LiveSocket {
  readonly #world: World;
  readonly #listener: Listener;
  readonly #subscribed = new Set<string>();
  /** What was asked of each session and not answered yet: from which position, or the whole. */
  readonly #asked = new Map<string, (number | undefined)[]>();
  #lookedAt: string | null = null;
  #connection: Connection = { state: "stopped" };
  #wire: Wire | null = null;
  #attempts = 0;
  #heardMs = 0;
  #cancelTimer: () => void = () => {};

  constructor(world: World, listener: Listener) {
    this.#world = world;
    this.#listener = listener;
  }

  /** When the server was last heard; 0 before it ever was. */
  get heardMs(): number {
    return this.#heardMs;
  }

  start(): void {
    if (this.#connection.state === "stopped") this.#open();
  }

  /** End the conversation: one that still begins as soon as it has begun, or the browser would write of a failure. */
  stop(): void {
    const beginning = this.#connection.state === "connecting" ? this.#wire : null;
    this.#hearNoMore();
    if (beginning === null) this.#wire?.close();
    else beginning.onopen = () => beginning.close();
    this.#wire = null;
    this.#attempts = 0;
    this.#become({ state: "stopped" });
  }

  subscribe(sessionId: string): void {
    this.#subscribed.add(sessionId);
    if (this.#connection.state === "live") this.#ask(sessionId);
  }

  unsubscribe(sessionId: string): void {
    if (this.#subscribed.delete(sessionId)) this.#send({ type: "unsubscribe", session_id: sessionId });
  }

  /** Say which session the person has before them, if any: they need not be notified of what they see. */
  look(sessionId: string | null): void {
    this.#lookedAt = sessionId;
    this.#send({ type: "look", session_id: sessionId });
  }

  /** Ask again for what a session's transcript lacks. */
  catchUp(sessionId: string): void {
    if (this.#subscribed.has(sessionId) && this.#connection.state === "live") this.#ask(sessionId);
  }

  /** The page was looked at again, or the network changed: find out at once whether the server is still there. */
  check(): void {
    switch (this.#connection.state) {
      case "live": {
        const askedMs = this.#world.now();
        this.#send({ type: "ping" });
        this.#cancelTimer();
        this.#cancelTimer = this.#world.after(ANSWER_MS, () => {
          if (this.#heardMs < askedMs) this.#retry();
          else this.#watch();
        });
        return;
      }
      case "waiting":
      case "offline":
        this.#open();
        return;
      case "connecting":
      case "stopped":
        return;
    }
  }

  #open(): void {
    this.#drop();
    if (!this.#world.isOnline()) return this.#become({ state: "offline" });
    this.#become({ state: "connecting" });
    const wire = this.#world.open();
    this.#wire = wire;
    wire.onopen = () => this.#opened();
    wire.onmessage = (event) => this.#heard(event.data);
    wire.onclose = () => this.#retry();
    this.#cancelTimer = this.#world.after(SILENCE_MS, () => this.#retry());
  }

  #opened(): void {
    this.#heardMs = this.#world.now();
    this.#become({ state: "live", isFollowing: false });
    this.#send({ type: "overview" });
    for (const sessionId of this.#subscribed) this.#ask(sessionId);
    if (this.#lookedAt !== null) this.#send({ type: "look", session_id: this.#lookedAt });
    this.#watch();
  }

  #heard(text: unknown): void {
    this.#heardMs = this.#world.now();
    if (typeof text !== "string") return;
    const message = JSON.parse(text) as FromServer;
    switch (message.type) {
      case "ping":
        return this.#send({ type: "pong" });
      case "pong":
        this.#attempts = 0;
        return;
      case "overview":
        this.#attempts = 0;
        return this.#become({ state: "live", isFollowing: true });
      case "bye":
        return this.#retry(message.retry_after_ms);
      case "lagged":
        this.catchUp(message.session_id);
        return;
      case "items": {
        this.#attempts = 0;
        const after = this.#asked.get(message.session_id)?.shift();
        this.#listener.message({ ...message, reset: message.reset === true || after === undefined });
        return;
      }
      default:
        this.#attempts = 0;
        this.#listener.message(message);
    }
  }

  #watch(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#world.after(PING_MS, () => {
      this.#send({ type: "ping" });
      this.#cancelTimer = this.#world.after(SILENCE_MS - PING_MS, () => {
        if (this.#world.now() - this.#heardMs >= SILENCE_MS) this.#retry();
        else this.#watch();
      });
    });
  }

  #retry(leastMs = 0): void {
    this.#drop();
    if (!this.#world.isOnline()) return this.#become({ state: "offline" });
    const waitMs = leastMs + backoffMs(this.#attempts, this.#world.random);
    this.#attempts += 1;
    this.#become({ state: "waiting", retryAtMs: this.#world.now() + waitMs, attempts: this.#attempts });
    this.#cancelTimer = this.#world.after(waitMs, () => this.#open());
  }

  #drop(): void {
    this.#hearNoMore();
    this.#wire?.close();
    this.#wire = null;
  }

  /** Hear nothing more, neither of the wire nor of the clock. */
  #hearNoMore(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    this.#asked.clear();
    const wire = this.#wire;
    if (wire === null) return;
    wire.onopen = null;
    wire.onmessage = null;
    wire.onclose = null;
  }

  #ask(sessionId: string): void {
    const after = this.#listener.position(sessionId);
    this.#asked.set(sessionId, [...(this.#asked.get(sessionId) ?? []), after]);
    this.#send({ type: "subscribe", session_id: sessionId, ...(after === undefined ? {} : { after }) });
  }

  #send(message: FromPage): void {
    if (this.#connection.state === "live") this.#wire?.send(JSON.stringify(message));
  }

  #become(connection: Connection): void {
    this.#connection = connection;
    this.#listener.connection(connection);
  }
}
