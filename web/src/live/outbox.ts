import type { Instruction, InstructionState } from "../api/types";
import type { Transcript } from "./transcript";

/** A prompt on its way to Claude. `sending` and `unsent` are the page's own; the rest are the server's words. */
export interface Prompt {
  id: string;
  /** The uuid that it has in the transcript: that of the first attempt, where it was sent again. */
  inputId: string;
  text: string;
  state: InstructionState | "sending" | "unsent";
  message: string | null;
  createdMs: number;
  /** It was on its way when this page first knew of it, and stays in sight until it stands in the transcript. */
  isAwaited: boolean;
}

const FAILED: readonly Prompt["state"][] = ["refused", "failed", "expired", "session_lost", "unknown", "unsent"];
const PUT_ASIDE: readonly Prompt["state"][] = ["withdrawn", "dropped"];
const ON_ITS_WAY: readonly Prompt["state"][] = ["unsent", "sending", "queued", "sent", "taken"];
const NONE: readonly Prompt[] = [];

export function hasFailed(prompt: Pick<Prompt, "state">): boolean {
  return FAILED.includes(prompt.state);
}

/** Whether somebody took it back, or settled that nothing more comes of it. */
export function isPutAside(prompt: Pick<Prompt, "state">): boolean {
  return PUT_ASIDE.includes(prompt.state);
}

/** One session's prompts, from the key press until they stand in the transcript. */
export class Outbox {
  readonly #prompts = new Map<string, Prompt>();
  readonly #dismissed = new Set<string>();
  #waiting: readonly Prompt[] = NONE;

  type(id: string, text: string, nowMs: number): void {
    this.#prompts.set(id, {
      id,
      inputId: id,
      text,
      state: "sending",
      message: null,
      createdMs: nowMs,
      isAwaited: true,
    });
  }

  fail(id: string, message: string): void {
    const prompt = this.#prompts.get(id);
    if (prompt !== undefined) this.#prompts.set(id, { ...prompt, state: "unsent", message });
  }

  dismiss(id: string): void {
    this.#dismissed.add(id);
  }

  put(instruction: Instruction): void {
    if (instruction.text === null) return;
    const known = this.#prompts.get(instruction.id);
    if (known !== undefined && isEarlier(instruction.state, known.state)) return; // an answer that was overtaken
    this.#prompts.set(instruction.id, {
      id: instruction.id,
      inputId: instruction.input_id,
      text: instruction.text,
      state: instruction.state,
      message: instruction.message,
      createdMs: known?.createdMs ?? instruction.created_ms,
      isAwaited: known?.isAwaited ?? ON_ITS_WAY.includes(instruction.state),
    });
  }

  /**
   * Those to show below the transcript: what is under way, what was not done until somebody settles it, and what was put
   * aside after the last thing Claude said. What an ended session had been given and never took up is lost.
   */
  waiting(transcript: Transcript, isEnded: boolean): readonly Prompt[] {
    const lastMs = transcript.last?.at_ms ?? 0;
    const found = [...this.#prompts.values()]
      .filter((prompt) => !transcript.prompts.has(prompt.inputId) && !this.#dismissed.has(prompt.id))
      .filter((prompt) => prompt.state !== "retried")
      .filter((prompt) => prompt.isAwaited || hasFailed(prompt) || (isPutAside(prompt) && prompt.createdMs > lastMs))
      .map((prompt): Prompt => (isEnded && prompt.state === "done" ? { ...prompt, state: "session_lost" } : prompt))
      .sort((one, other) => one.createdMs - other.createdMs);
    const isSame =
      found.length === this.#waiting.length && found.every((prompt, at) => looksLike(prompt, this.#waiting[at]));
    if (!isSame) this.#waiting = found;
    return this.#waiting;
  }
}

function looksLike(one: Prompt, other: Prompt | undefined): boolean {
  return one.id === other?.id && one.state === other.state && one.message === other.message && one.text === other.text;
}

/** Whether one state comes before another on a prompt's way. */
function isEarlier(one: Prompt["state"], other: Prompt["state"]): boolean {
  return rank(one) < rank(other);
}

function rank(state: Prompt["state"]): number {
  const place = ON_ITS_WAY.indexOf(state);
  if (place >= 0) return place;
  return state === "retried" || isPutAside({ state }) ? ON_ITS_WAY.length + 1 : ON_ITS_WAY.length;
}
