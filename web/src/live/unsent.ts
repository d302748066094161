import { ApiError, explain } from "../api/http";
import type { Attached } from "../images/image";
import { keep, recall } from "../images/kept";
import { backoffMs } from "./backoff";
import { isStillEntered, noteEntered } from "./person";
import { forget, isKept, kept, type Way, write } from "./unsent-kept";

/** A prompt that the server is not known to have. */
export interface UnsentPrompt {
  id: string;
  sessionId: string;
  text: string;
  /** How many images go with it; `attached` are those that this browser still has. */
  images: number;
  attached: readonly Attached[];
  way: Way;
  createdMs: number;
  /** Why it was not sent, so far; null while the first attempt is under way. */
  message: string | null;
  /** It is not sent by itself any more: the server would not have it, or not all of it is here. */
  isHeld: boolean;
  /** Somebody has said that it is to be sent, whatever has become of its session. */
  isToldAgain: boolean;
}

/** What sending needs of the world around it. */
export interface SendingWorld {
  /** Give a prompt to the server. Raises ApiError; the same again must have no second effect. */
  send(prompt: UnsentPrompt, signal: AbortSignal): Promise<void>;
  /** Run something for a session once no other window of this browser does. Raises what it raises. */
  alone<T>(sessionId: string, signal: AbortSignal, run: () => Promise<T>): Promise<T>;
  /** A prompt came, changed, or went. */
  changed(prompt: UnsentPrompt, isGone: boolean): void;
  /** The server would not have a prompt: it is not sent any more by itself. */
  held(prompt: UnsentPrompt): void;
  /** What is sent would not go in the name of the person whose prompts these are: ask who is signed in. */
  doubted(): void;
  now(): number;
  after(ms: number, run: () => void): () => void;
  random(): number;
}

type NewPrompt = Pick<UnsentPrompt, "id" | "sessionId" | "text" | "attached" | "way" | "createdMs">;

interface Attempt {
  promptId: string;
  letGo: AbortController;
}

const WHEN_BACK = "It is kept in this browser and sent once the server answers.";
const WHILE_OPEN = "This browser had no room to keep it: leave this page open until the server answers.";
const WITHOUT_IMAGES = "This browser did not keep its images: sent again, it goes without them.";
const LONG_AGO_MS = 3_600_000;
const LONG_AGO = "It was written more than an hour ago: is it still to be sent?";
const GONE = "Its session was deleted, or you may see it no more.";
const SIGNED_OUT = 401;
const PASSING = [SIGNED_OUT, 408];
const NO_ROOM = 429;
const TOO_LARGE = 413; // whoever says so, it does not become smaller

/**
 * Prompts that the server is not known to have, kept in this browser for the person who wrote them.
 *
 * Each is kept before it is sent, and is sent until the server has answered, always under the same id: what it is asked
 * twice, the server does once. A session's prompts are sent one after the other, as they were written. What the server
 * refuses, and what was written long ago, is sent only when somebody says so.
 */
export class Unsent {
  readonly #world: SendingWorld;
  /** By its session, what is on its way to the server just now. */
  readonly #busy = new Map<string, Attempt>();
  /** Those for which the browser had no room: they live as long as the page. */
  readonly #unkept = new Set<string>();
  #prompts: readonly UnsentPrompt[] = [];
  #person: string | null = null;
  #attempts = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(world: SendingWorld) {
    this.#world = world;
  }

  /** All of them, oldest first; the same list until one changes. */
  get all(): readonly UnsentPrompt[] {
    return this.#prompts;
  }

  /** Whether some are lost when this page is left. */
  get hasUnkept(): boolean {
    return this.#unkept.size > 0;
  }

  /** Take up what a person has left unsent in this browser. */
  async begin(person: string): Promise<void> {
    if (this.#person === person) return;
    this.end();
    this.#person = person;
    noteEntered(person);
    await this.look();
    this.sendAll();
  }

  /** Let go of everything, which stays kept: somebody else may sign in. */
  end(): void {
    this.#person = null;
    this.#prompts = [];
    this.#unkept.clear();
    for (const { letGo } of this.#busy.values()) letGo.abort();
    this.#busy.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /** Compare with what is kept: another window may have written a prompt, or sent one. */
  async look(): Promise<void> {
    const person = this.#person;
    if (person === null) return;
    const found = kept(person);
    for (const { id } of this.#prompts)
      if (!this.#unkept.has(id) && !found.some((one) => one.id === id)) this.#drop(id);
    const unknown = found.filter(({ id }) => !this.#prompts.some((known) => known.id === id));
    const images = await Promise.all(unknown.map(({ id, images }) => (images > 0 ? recall(imagesKey(id)) : [])));
    if (this.#person !== person) return;
    for (const [at, one] of unknown.entries()) {
      if (!isKept(person, one.id) || this.#prompts.some(({ id }) => id === one.id)) continue; // settled or shown meanwhile
      const attached = images[at] ?? [];
      const isLess = attached.length < one.images;
      const message = one.refusal ?? (isLess ? WITHOUT_IMAGES : WHEN_BACK);
      this.#show({ ...one, attached, message, isHeld: one.refusal !== null || isLess, isToldAgain: false });
    }
  }

  /** Send a prompt, now or as soon as the server can be reached. */
  add(prompt: NewPrompt, isToldAgain = false): void {
    const images = prompt.attached.length;
    this.#put({ ...prompt, images, message: null, isHeld: false, isToldAgain });
    if (images > 0) void keep(imagesKey(prompt.id), prompt.attached);
    void this.#sendOf(prompt.sessionId);
  }

  /** Send one again that was held. */
  again(id: string): void {
    const known = this.#change(id, { message: null, isHeld: false, isToldAgain: true });
    if (known !== undefined) void this.#sendOf(known.sessionId);
  }

  /** Send another text in the place of a prompt that is held, and that the server therefore does not have. */
  replace(id: string, newId: string, text: string): void {
    const known = this.#prompts.find((prompt) => prompt.id === id);
    if (known === undefined || !known.isHeld) return;
    this.settle(id);
    this.add({ ...known, id: newId, text, createdMs: this.#world.now() }, true);
  }

  /** Nobody wants it any more. Says whether it was on its way just now, so that the server may have it all the same. */
  dismiss(id: string): boolean {
    const attempt = [...this.#busy.values()].find(({ promptId }) => promptId === id);
    attempt?.letGo.abort();
    this.settle(id);
    return attempt !== undefined;
  }

  /** The server has it, as it says. */
  settle(id: string): void {
    if (!this.#prompts.some((known) => known.id === id)) return;
    if (this.#person !== null) forget(this.#person, id);
    this.#drop(id);
  }

  /** A session is there no more, or not for this person: what was to go there stays until somebody has seen it. */
  sessionGone(sessionId: string): void {
    for (const prompt of this.#prompts)
      if (prompt.sessionId === sessionId && !prompt.isHeld) this.#hold(prompt.id, GONE);
  }

  /** The server is back: do not wait for what was asked of it before. */
  connected(): void {
    this.#attempts = 0;
    for (const { letGo } of this.#busy.values()) letGo.abort();
    this.sendAll();
  }

  sendAll(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (const sessionId of new Set(this.#prompts.map(({ sessionId }) => sessionId))) void this.#sendOf(sessionId);
  }

  async #sendOf(sessionId: string): Promise<void> {
    if (this.#busy.has(sessionId)) return;
    for (;;) {
      const next = this.#prompts.find((prompt) => prompt.sessionId === sessionId && !prompt.isHeld);
      if (next === undefined) return;
      const attempt = { promptId: next.id, letGo: new AbortController() };
      this.#busy.set(sessionId, attempt);
      const outcome = await this.#sendOne(next, attempt.letGo.signal);
      if (this.#busy.get(sessionId) !== attempt) return; // let go of meanwhile
      this.#busy.delete(sessionId);
      if (outcome === "unreached") return this.#later();
    }
  }

  async #sendOne(prompt: UnsentPrompt, signal: AbortSignal): Promise<"done" | "unreached"> {
    try {
      return await this.#world.alone(prompt.sessionId, signal, () => this.#sendNow(prompt, signal));
    } catch (failure) {
      if (signal.aborted) return "done"; // and is tried anew
      if (isFinal(failure, prompt.way)) {
        this.#refused(prompt, failure);
        return "done";
      }
      const behind = this.#prompts.filter(({ sessionId, isHeld }) => sessionId === prompt.sessionId && !isHeld);
      if (failure instanceof ApiError && failure.isOfServer && failure.status === SIGNED_OUT) this.#world.doubted();
      for (const { id } of behind)
        this.#change(id, { message: `${explain(failure)} ${this.#unkept.has(id) ? WHILE_OPEN : WHEN_BACK}` });
      return "unreached";
    }
  }

  /** Send a prompt, unless it turns out that it is not to be sent: while one waited for it, much may have changed. */
  async #sendNow(prompt: UnsentPrompt, signal: AbortSignal): Promise<"done" | "unreached"> {
    if (this.#isSettledElsewhere(prompt.id)) {
      this.#drop(prompt.id);
      return "done";
    }
    if (this.#person !== null && !isStillEntered(this.#person)) {
      this.#world.doubted();
      return "unreached";
    }
    if (!prompt.isToldAgain && this.#world.now() - prompt.createdMs > LONG_AGO_MS) {
      this.#hold(prompt.id, LONG_AGO);
      return "done";
    }
    await this.#world.send(prompt, signal);
    this.#attempts = 0;
    this.settle(prompt.id);
    return "done";
  }

  #refused(prompt: UnsentPrompt, failure: unknown): void {
    const isGone = failure instanceof ApiError && failure.code === "not_found";
    this.#hold(prompt.id, isGone ? GONE : explain(failure));
  }

  #hold(id: string, message: string): void {
    const held = this.#change(id, { message, isHeld: true });
    if (held !== undefined) this.#world.held(held);
  }

  #later(): void {
    if (this.#cancelTimer !== null) return;
    this.#cancelTimer = this.#world.after(
      backoffMs(this.#attempts, () => this.#world.random()),
      () => this.sendAll(),
    );
    this.#attempts += 1;
  }

  #change(id: string, changes: Partial<UnsentPrompt>): UnsentPrompt | undefined {
    const known = this.#prompts.find((prompt) => prompt.id === id);
    if (known === undefined) return undefined;
    if (this.#isSettledElsewhere(id)) {
      this.#drop(id);
      return undefined;
    }
    const changed = { ...known, ...changes };
    this.#put(changed);
    return changed;
  }

  #put(prompt: UnsentPrompt): void {
    const { id, sessionId, text, images, way, createdMs, isHeld, message } = prompt;
    const hasRoom =
      this.#person !== null &&
      write(this.#person, { id, sessionId, text, images, way, createdMs, refusal: isHeld ? message : null });
    if (hasRoom) this.#unkept.delete(id);
    else this.#unkept.add(id);
    this.#show(prompt);
  }

  #show(prompt: UnsentPrompt): void {
    const others = this.#prompts.filter(({ id }) => id !== prompt.id);
    this.#prompts = [...others, prompt].sort((one, other) => one.createdMs - other.createdMs);
    this.#world.changed(prompt, false);
  }

  #isSettledElsewhere(id: string): boolean {
    return this.#person !== null && !this.#unkept.has(id) && !isKept(this.#person, id);
  }

  #drop(id: string): void {
    const known = this.#prompts.find((prompt) => prompt.id === id);
    if (known === undefined) return;
    this.#prompts = this.#prompts.filter((prompt) => prompt.id !== id);
    this.#unkept.delete(id);
    if (known.images > 0) void keep(imagesKey(id), []);
    this.#world.changed(known, true);
  }
}

function imagesKey(id: string): string {
  return `claudios.unsent.${id}`;
}

/** Whether the server has decided, so that asking again would not change its mind; a proxy speaks for itself only. */
function isFinal(failure: unknown, way: Way): boolean {
  if (!(failure instanceof ApiError) || failure.status === TOO_LARGE) return true;
  if (!failure.isOfServer) return false;
  if (failure.status === NO_ROOM) return way === "queue"; // others wait there, until somebody does something about it
  return failure.status >= 400 && failure.status < 500 && !PASSING.includes(failure.status);
}
