/** Where a finger is, in CSS pixels, and when, in milliseconds. */
export interface Touch {
  x: number;
  y: number;
  atMs: number;
}

/** What one finger does: not yet decided, along a line to the left or right, or something else, such as scrolling. */
export type Swipe = { kind: "undecided" } | { kind: "across"; byPx: number } | { kind: "other" };

const DECIDED_PX = 10;
const EDGE_PX = 32;
const FAR_PX = 56;
const QUICK_MS = 700;

/** Follow one finger from where it went down. What it once was it stays, however it moves on. */
export class Finger {
  readonly #start: Touch;
  #swipe: Swipe = { kind: "undecided" };

  constructor(start: Touch) {
    this.#start = start;
  }

  get swipe(): Swipe {
    return this.#swipe;
  }

  move({ x, y }: Pick<Touch, "x" | "y">): Swipe {
    const [across, down] = [x - this.#start.x, y - this.#start.y];
    if (this.#swipe.kind === "other") return this.#swipe;
    if (this.#swipe.kind === "undecided" && Math.max(Math.abs(across), Math.abs(down)) < DECIDED_PX) return this.#swipe;
    const isAcross = this.#swipe.kind === "across" || Math.abs(across) > 2 * Math.abs(down);
    this.#swipe = isAcross ? { kind: "across", byPx: across } : { kind: "other" };
    return this.#swipe;
  }

  /** Whether it came in from the left edge, quickly and far. */
  isFromEdge(at: Touch): boolean {
    const isIn = this.#swipe.kind === "across" && this.#swipe.byPx > FAR_PX;
    return isIn && this.#start.x < EDGE_PX && at.atMs - this.#start.atMs < QUICK_MS;
  }

  /** Whether it went to the left, quickly and far. */
  isToLeft(at: Touch): boolean {
    const isOut = this.#swipe.kind === "across" && this.#swipe.byPx < -FAR_PX;
    return isOut && at.atMs - this.#start.atMs < QUICK_MS;
  }
}
