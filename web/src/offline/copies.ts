import type { Agent, Item, Project, Request, ServerInfo, Session, User } from "../api/types";
import { LONGEST_MS, MOST_TRANSCRIPTS } from "./bounds";

/** What the overview, the inbox and the list of sessions are made of. */
export interface Lists {
  me: User;
  server: ServerInfo;
  /** Null where they were not asked for. */
  projects: readonly Project[] | null;
  agents: readonly Agent[];
  sessions: readonly Session[];
  requests: readonly Request[];
}

/** The newest part of a session's transcript. */
export interface Newest {
  session: Session;
  items: readonly Item[];
}

/** A copy of something for one person, as it was at a time. */
export interface Copy<T> {
  person: string;
  atMs: number;
  value: T;
}

/** A copy as it lies there, with what tells in which shapes it was made. */
interface Kept<T> extends Copy<T> {
  shapes: string;
}

/** Where copies are kept. */
export interface Shelf {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
  clear(): Promise<void>;
}

const LISTS = "lists";
const TRANSCRIPT = "transcript.";

/** The copies of one person in this browser: never of two, never old ones or of other shapes, and of few transcripts. */
export class Copies {
  readonly #shelf: Shelf;
  readonly #now: () => number;
  readonly #shapes: string;

  /** `shapes` is another word for each other shape of what is kept: no page reads copies that another one made otherwise. */
  constructor(shelf: Shelf, now: () => number, shapes: string) {
    this.#shelf = shelf;
    this.#now = now;
    this.#shapes = shapes;
  }

  lists(person: string): Promise<Copy<Lists> | null> {
    return this.#read<Lists>(LISTS, person);
  }

  putLists(copy: Copy<Lists>): Promise<void> {
    return this.#put(LISTS, copy);
  }

  transcript(person: string, sessionId: string): Promise<Copy<Newest> | null> {
    return this.#read<Newest>(TRANSCRIPT + sessionId, person);
  }

  async putTranscript(copy: Copy<Newest>): Promise<void> {
    await this.#put(TRANSCRIPT + copy.value.session.id, copy);
    await this.#dropBeyond();
  }

  dropTranscript(sessionId: string): Promise<void> {
    return this.#shelf.delete(TRANSCRIPT + sessionId);
  }

  /** Let go of what is another person's, and of what is old. */
  async tidy(person: string): Promise<void> {
    for (const key of await this.#shelf.keys())
      if ((await this.#read(key, person)) === null) await this.#shelf.delete(key);
  }

  wipe(): Promise<void> {
    return this.#shelf.clear();
  }

  #put<T>(key: string, copy: Copy<T>): Promise<void> {
    const kept: Kept<T> = { ...copy, shapes: this.#shapes };
    return this.#shelf.put(key, kept);
  }

  async #read<T>(key: string, person: string): Promise<Copy<T> | null> {
    const found = await this.#shelf.get<Kept<T>>(key);
    if (found === undefined || found.person !== person || found.shapes !== this.#shapes) return null;
    if (this.#now() - found.atMs < LONGEST_MS) return found;
    await this.#shelf.delete(key);
    return null;
  }

  async #dropBeyond(): Promise<void> {
    const keys = (await this.#shelf.keys()).filter((key) => key.startsWith(TRANSCRIPT));
    if (keys.length <= MOST_TRANSCRIPTS) return;
    const found = await Promise.all(keys.map(async (key) => ({ key, copy: await this.#shelf.get<Copy<Newest>>(key) })));
    found.sort((one, other) => (other.copy?.atMs ?? 0) - (one.copy?.atMs ?? 0));
    for (const { key } of found.slice(MOST_TRANSCRIPTS)) await this.#shelf.delete(key);
  }
}
