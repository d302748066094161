import type { Instruction, Item, ItemPage } from "../api/types";
import type { ItemsMessage, PatchMessage } from "./messages";
import { Outbox, type Prompt } from "./outbox";
import { topic } from "./topic";
import type { Topics } from "./topics";
import { type Changed, Transcript } from "./transcript";

const KEPT = 8;

/** What the transcript's reader needs to know before it looks at single items. */
export interface TranscriptView {
  order: readonly number[];
  hasEarlier: boolean;
  isLoaded: boolean;
  /** It is this browser's copy, of this time; null where it is what the server has told. */
  asOfMs: number | null;
}

/** The transcripts that are read now or were a moment ago, each with the prompts on their way into it. */
export class Transcripts {
  readonly #topics: Topics;
  readonly #transcripts = new Map<string, Transcript>();
  readonly #views = new Map<string, TranscriptView>();
  readonly #outboxes = new Map<string, Outbox>();
  readonly #lost = new Set<string>();
  /** Those that are this browser's copies, each with its time: as if lost, they are asked for anew. */
  readonly #copiedMs = new Map<string, number>();
  /** Called when a transcript has lost its thread and must be asked for anew. */
  onLost: (sessionId: string) => void = () => {};

  constructor(topics: Topics) {
    this.#topics = topics;
  }

  /** The same object until items came or went. */
  view(sessionId: string): TranscriptView {
    const known = this.#views.get(sessionId);
    if (known !== undefined) return known;
    const { order, hasEarlier, isLoaded } = this.#transcriptOf(sessionId);
    const view = { order, hasEarlier, isLoaded, asOfMs: this.#copiedMs.get(sessionId) ?? null };
    this.#views.set(sessionId, view);
    return view;
  }

  item(sessionId: string, no: number): Item | undefined {
    return this.#transcripts.get(sessionId)?.item(no);
  }

  /** Whether a tool call waits for somebody's answer. */
  isAsking(sessionId: string, toolUseId: string): boolean {
    return this.#transcripts.get(sessionId)?.asking.has(toolUseId) ?? false;
  }

  /** What a subagent has said and done for a call. */
  children(sessionId: string, toolUseId: string): readonly number[] {
    return this.#transcriptOf(sessionId).children(toolUseId);
  }

  /** The call that has this id, as far as it is loaded. */
  callOf(sessionId: string, toolUseId: string): number | undefined {
    return this.#transcripts.get(sessionId)?.callOf(toolUseId);
  }

  /** What people have written here, as far as it is loaded, the newest last. */
  written(sessionId: string): readonly string[] {
    const { order } = this.#transcriptOf(sessionId);
    return order.flatMap((no) => {
      const item = this.item(sessionId, no);
      return item?.kind === "user" && item.body.uuid !== null && item.parent === null ? [item.body.text] : [];
    });
  }

  /** Prompts that are on their way and not yet part of the transcript. */
  prompts(sessionId: string, isEnded: boolean): readonly Prompt[] {
    return this.#outboxOf(sessionId).waiting(this.#transcriptOf(sessionId), isEnded);
  }

  /** A prompt that was on its way since this page began, whatever became of it. */
  prompt(sessionId: string, id: string): Prompt | undefined {
    return this.#outboxes.get(sessionId)?.get(id);
  }

  /** Where a subscription resumes; undefined asks for the newest items. */
  position(sessionId: string): number | undefined {
    const transcript = this.#transcripts.get(sessionId);
    const isFollowed = transcript?.isLoaded && !this.#lost.has(sessionId) && !this.#copiedMs.has(sessionId);
    return isFollowed ? transcript.position : undefined;
  }

  /** All that is loaded of a transcript, in its order, with what subagents did. */
  all(sessionId: string): Item[] {
    return this.#transcripts.get(sessionId)?.all ?? [];
  }

  takeItems(message: ItemsMessage): void {
    const isWhole = message.reset === true;
    if (isWhole) {
      this.#lost.delete(message.session_id);
      this.#copiedMs.delete(message.session_id);
    }
    this.#note(message.session_id, this.#transcriptOf(message.session_id).applyItems(message, !isWhole));
  }

  /** Take what this browser has kept of a transcript, until the server tells it. */
  takeCopy(sessionId: string, items: readonly Item[], atMs: number): void {
    const transcript = this.#transcriptOf(sessionId);
    if (transcript.isLoaded) return;
    this.#copiedMs.set(sessionId, atMs);
    this.#note(sessionId, transcript.applyItems({ items: [...items], position: 0, has_earlier: false }, false));
  }

  /** Take a transcript that was shared: all of it, and nothing more will come. */
  takeShared(name: string, items: Item[]): void {
    this.#note(name, this.#transcriptOf(name).applyItems({ items, position: 0, has_earlier: false }, false));
  }

  takePatch(message: PatchMessage): void {
    this.#note(message.session_id, this.#transcriptOf(message.session_id).applyPatch(message));
  }

  takeEarlier(sessionId: string, page: ItemPage): void {
    this.#note(sessionId, this.#transcriptOf(sessionId).applyEarlier(page));
  }

  takeInstruction(instruction: Instruction): void {
    if (instruction.session_id !== null) this.changeOutbox(instruction.session_id, (outbox) => outbox.put(instruction));
  }

  /** Change the outbox of a session: a prompt was typed, could not be sent, or was put aside. */
  changeOutbox(sessionId: string, change: (outbox: Outbox) => void): void {
    change(this.#outboxOf(sessionId));
    this.#topics.touch(topic.outbox(sessionId));
  }

  /** Let go of transcripts that nobody has read for a while; they load again when opened. */
  trim(isInUse: (sessionId: string) => boolean): void {
    for (const id of [...this.#transcripts.keys()]) {
      if (this.#transcripts.size <= KEPT) return;
      if (isInUse(id)) continue;
      this.#transcripts.delete(id);
      this.#copiedMs.delete(id);
      this.#views.delete(id);
    }
  }

  clear(): void {
    this.#transcripts.clear();
    this.#views.clear();
    this.#outboxes.clear();
    this.#lost.clear();
    this.#copiedMs.clear();
  }

  #note(sessionId: string, changed: Changed): void {
    if (changed.outOfStep) {
      console.warn(`The transcript of session ${sessionId} has lost its thread and is loaded anew.`);
      this.#lost.add(sessionId);
      this.onLost(sessionId);
      return;
    }
    for (const no of changed.items) {
      this.#topics.touch(topic.item(sessionId, no));
      const item = this.item(sessionId, no);
      if (item?.kind === "request") this.#topics.touch(topic.requests);
      if (item?.parent) this.#topics.touch(topic.children(sessionId, item.parent));
    }
    if (!changed.order) return;
    this.#views.delete(sessionId);
    this.#topics.touch(topic.transcript(sessionId));
    this.#topics.touch(topic.outbox(sessionId));
  }

  #transcriptOf(sessionId: string): Transcript {
    const known = this.#transcripts.get(sessionId) ?? new Transcript();
    this.#transcripts.set(sessionId, known);
    return known;
  }

  #outboxOf(sessionId: string): Outbox {
    const known = this.#outboxes.get(sessionId) ?? new Outbox();
    this.#outboxes.set(sessionId, known);
    return known;
  }
}
