import type { Store } from "../live/store";
import { topic } from "../live/topic";
import { fitting, MOST_AGENTS, nearestSessions, newestItems, oldestRequests } from "./bounds";
import type { Copies, Copy, Lists, Newest } from "./copies";

const WRITTEN_BY_THEN_MS = 5_000;

/** What keeping needs of the world around it. */
export interface KeepingWorld {
  copies: Copies;
  store: Store;
  /** Who is signed in, and what the page knows beside its store; null while some of it was not answered yet. */
  known(): Pick<Lists, "me" | "server" | "projects"> | null;
  /** When the server was last heard. */
  heardMs(): number;
  /** Whether this person is still who has signed in last in this browser. */
  isEntered(person: string): boolean;
  after(ms: number, run: () => void): () => void;
}

/**
 * Keeps copies of what a person sees, for when there is no server to ask.
 *
 * They are written a moment after a change, and at once where the page may be gone by then; only while the server is
 * followed, so that none claims to be newer than it is. Nothing is written for somebody who has signed out.
 */
export class Keeper {
  readonly #world: KeepingWorld;
  readonly #watched = new Map<string, number>();
  readonly #due = new Set<string>();
  #person: string | null = null;
  #isListsDue = false;
  #stop: (() => void)[] = [];
  #cancelTimer: (() => void) | null = null;

  constructor(world: KeepingWorld) {
    this.#world = world;
  }

  /** Keep copies for a person from now on, and nobody else's. */
  begin(person: string): void {
    if (this.#person === person) return;
    this.#rest();
    this.#person = person;
    void this.#world.copies.tidy(person);
    const { topics } = this.#world.store;
    const note = () => this.#note();
    this.#stop = [topic.sessions, topic.agents, topic.requests, topic.connection].map((name) =>
      topics.listen(name, note),
    );
  }

  /** Let go of all copies: this person has signed out. */
  async end(): Promise<void> {
    this.#rest();
    await this.#world.copies.wipe();
  }

  /** Keep a session's transcript too, until the returned function is called. */
  follow(sessionId: string): () => void {
    const count = this.#watched.get(sessionId) ?? 0;
    this.#watched.set(sessionId, count + 1);
    const note = () => this.#note(sessionId);
    const silence = this.#world.store.topics.listen(topic.transcript(sessionId), note);
    note();
    return () => {
      silence();
      this.#note(sessionId);
      this.flush();
      const left = (this.#watched.get(sessionId) ?? 1) - 1;
      if (left > 0) this.#watched.set(sessionId, left);
      else this.#watched.delete(sessionId);
    };
  }

  /** Write now: the page may be gone in a moment. */
  flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const person = this.#person;
    if (person === null || !this.#isTrue(person)) return;
    const atMs = this.#world.heardMs();
    if (this.#isListsDue) this.#writeLists(person, atMs);
    for (const sessionId of this.#due) this.#writeTranscript(person, atMs, sessionId);
    this.#due.clear();
  }

  /** Write all that is shown now, so that it is known until when it was true. */
  flushAll(): void {
    this.#isListsDue = true;
    for (const sessionId of this.#watched.keys()) this.#due.add(sessionId);
    this.flush();
  }

  lists(person: string): Promise<Copy<Lists> | null> {
    return this.#world.copies.lists(person);
  }

  /** What is kept of a session's transcript for the person on this page. */
  async transcript(sessionId: string): Promise<Copy<Newest> | null> {
    return this.#person === null ? null : this.#world.copies.transcript(this.#person, sessionId);
  }

  /** A session is there no more, or not for this person. */
  sessionGone(sessionId: string): void {
    void this.#world.copies.dropTranscript(sessionId);
  }

  #note(sessionId?: string): void {
    if (sessionId === undefined) this.#isListsDue = true;
    else this.#due.add(sessionId);
    this.#cancelTimer ??= this.#world.after(WRITTEN_BY_THEN_MS, () => this.flush());
  }

  /** Whether what the page shows is what the server says, and for this person. */
  #isTrue(person: string): boolean {
    const { connection, isFromCopies } = this.#world.store;
    return connection.state === "live" && connection.isFollowing && !isFromCopies && this.#world.isEntered(person);
  }

  #writeLists(person: string, atMs: number): void {
    const known = this.#world.known();
    if (known === null || known.me.id !== person) return;
    const { agents, sessions, pendingRequests } = this.#world.store;
    this.#isListsDue = false;
    const value: Lists = {
      ...known,
      projects: known.projects && fitting(known.projects),
      agents: fitting(agents.slice(0, MOST_AGENTS)),
      sessions: nearestSessions(sessions),
      requests: oldestRequests(pendingRequests),
    };
    void this.#world.copies.putLists({ person, atMs, value });
  }

  #writeTranscript(person: string, atMs: number, sessionId: string): void {
    const { store } = this.#world;
    const session = store.session(sessionId);
    const items = store.transcripts.all(sessionId);
    if (session === undefined || items.length === 0 || store.transcripts.position(sessionId) === undefined) return;
    void this.#world.copies.putTranscript({ person, atMs, value: { session, items: newestItems(items) } });
  }

  #rest(): void {
    this.#person = null;
    this.#isListsDue = false;
    this.#due.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (const stop of this.#stop) stop();
    this.#stop = [];
  }
}
