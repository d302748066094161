import type { Instruction, InstructionState } from "../api/types";
import type { Attached } from "../images/image";
import type { Transcript } from "./transcript";
import type { UnsentPrompt } from "./unsent";

/** A prompt on its way to Claude. `sending` and `unsent` are the page's own; the rest are the server's words. */
export interface Prompt {
  id: string;
  /** The uuid that it has in the transcript: that of the first attempt, where it was sent again. */
  inputId: string;
  text: string;
  /** How many images go with it; `attached` are those that were added on this page. */
  images: number;
  attached: readonly Attached[];
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

/** Whether something may still come of it. */
export function isOpen({ state }: Pick<Prompt, "state">): boolean {
  return ON_ITS_WAY.includes(state);
}

/** Whether somebody took it back, or settled that nothing more comes of it. */
export function isPutAside(prompt: Pick<Prompt, "state">): boolean {
  return PUT_ASIDE.includes(prompt.state);
}

/** One session's prompts, from the key press until they stand in the transcript. */
export class Outbox {
  readonly #prompts = new Map<string, Prompt>();
  #waiting: readonly Prompt[] = NONE;

  get(id: string): Prompt | undefined {
    return this.#prompts.get(id);
  }

  /** Show a prompt that the server is not known to have. */
  putUnsent({ id, text, attached, message, createdMs }: UnsentPrompt): void {
    if (!isOwn(this.#prompts.get(id))) return; // the server has told of it before it has answered
    this.#prompts.set(id, {
      id,
      inputId: id,
      text,
      images: attached.length,
      attached,
      state: message === null ? "sending" : "unsent",
      message,
      createdMs,
      isAwaited: true,
    });
  }

  /** Show a prompt no more that the server never had. */
  forget(id: string): void {
    if (isOwn(this.#prompts.get(id))) this.#prompts.delete(id);
  }

  put(instruction: Instruction): void {
    if (instruction.text === null) return;
    const known = this.#prompts.get(instruction.id);
    if (known !== undefined && isEarlier(instruction.state, known.state)) return; // an answer that was overtaken
    this.#prompts.set(instruction.id, {
      id: instruction.id,
      inputId: instruction.input_id,
      text: instruction.text,
      images: instruction.images,
      attached: known?.attached ?? [],
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
      .filter((prompt) => !transcript.prompts.has(prompt.inputId))
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

/** Whether only this page knows of a prompt, or not even it. */
function isOwn(prompt: Prompt | undefined): boolean {
  return prompt === undefined || prompt.state === "sending" || prompt.state === "unsent";
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
