import type { LogFrame } from "./frames";

/** Finds the frames in which a text stands, whatever its case. Each is looked at once, however often the log grows. */
export class Finder {
  readonly #wanted: string;
  readonly #seen = new WeakMap<LogFrame, boolean>();

  /** `wanted` is in lower case; an empty one stands in every frame. */
  constructor(wanted: string) {
    this.#wanted = wanted;
  }

  in(frames: readonly LogFrame[]): readonly LogFrame[] {
    return this.#wanted === "" ? frames : frames.filter((frame) => this.#isIn(frame));
  }

  #isIn(frame: LogFrame): boolean {
    const known = this.#seen.get(frame);
    if (known !== undefined) return known;
    const isIn = frame.text.toLowerCase().includes(this.#wanted);
    this.#seen.set(frame, isIn);
    return isIn;
  }
}
