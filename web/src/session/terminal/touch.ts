import type { Terminal } from "@xterm/xterm";

/** How fast a flick goes on is multiplied by this every millisecond; below the slowest, in pixels per ms, it stands. */
const KEPT_PER_MS = 0.997;
const SLOWEST = 0.05;
/** A finger that rests so long before it is lifted flicks nothing. */
const REST_MS = 60;

/**
 * Scroll a terminal with a finger, which xterm itself does not do (xtermjs/xterm.js#5489).
 *
 * A drag scrolls as on one long page: the place around the screen where that is smaller, and what has scrolled out of
 * the screen. Where a program follows the mouse, or has the alternate screen, it gets what a mouse's wheel would send.
 */
export class TouchScroll {
  readonly #terminal: Terminal;
  readonly #element: HTMLElement;
  readonly #place: HTMLElement;
  readonly #isCalm: boolean;
  #finger: { id: number; x: number; y: number; atMs: number } | null = null;
  /** In pixels per ms, towards the end. */
  #speed = 0;
  #pixels = 0;
  #frame = 0;

  /** `place` is what scrolls where the screen is larger than it; nothing goes on by itself where it is to be calm. */
  constructor(terminal: Terminal, element: HTMLElement, place: HTMLElement, isCalm: boolean) {
    this.#terminal = terminal;
    this.#element = element;
    this.#place = place;
    this.#isCalm = isCalm;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#moved(event));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", () => this.close());
  }

  /** Go on with nothing. */
  close(): void {
    this.#finger = null;
    cancelAnimationFrame(this.#frame);
  }

  #down({ pointerId, pointerType, clientX, clientY, timeStamp }: PointerEvent): void {
    const isFirst = this.#finger === null;
    this.close();
    if (pointerType !== "touch" || !isFirst) return;
    this.#finger = { id: pointerId, x: clientX, y: clientY, atMs: timeStamp };
    this.#speed = this.#pixels = 0;
  }

  #moved({ pointerId, clientX, clientY, timeStamp }: PointerEvent): void {
    const finger = this.#finger;
    if (finger?.id !== pointerId) return;
    const pixels = finger.y - clientY;
    this.#speed = pixels / Math.max(1, timeStamp - finger.atMs);
    this.#finger = { id: pointerId, x: clientX, y: clientY, atMs: timeStamp };
    this.#scroll(pixels, clientX, clientY);
  }

  #up({ pointerId, timeStamp }: PointerEvent): void {
    const finger = this.#finger;
    if (finger?.id !== pointerId) return;
    this.close();
    if (!this.#isCalm && !this.#isPrograms() && timeStamp - finger.atMs < REST_MS) this.#glide(finger.x, finger.y);
  }

  #glide(x: number, y: number): void {
    let before = performance.now();
    const step = (now: number) => {
      const passed = Math.max(0, now - before);
      before = now;
      this.#scroll(this.#speed * passed, x, y);
      this.#speed *= KEPT_PER_MS ** passed;
      if (Math.abs(this.#speed) > SLOWEST) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  /** Scroll by so many pixels, towards the end where there are more than none. */
  #scroll(pixels: number, x: number, y: number): void {
    if (pixels < 0 || this.#isPrograms()) {
      this.#scrollLines(this.#scrollPlace(pixels), x, y);
      return;
    }
    const { baseY, viewportY } = this.#terminal.buffer.active;
    const below = (baseY - viewportY) * this.#lineHeight();
    this.#scrollLines(Math.min(pixels, below), x, y);
    this.#scrollPlace(Math.max(0, pixels - below));
  }

  /** Scroll the place; return the pixels that it could not. */
  #scrollPlace(pixels: number): number {
    const before = this.#place.scrollTop;
    this.#place.scrollTop += pixels;
    const rest = pixels - (this.#place.scrollTop - before);
    return Math.abs(rest) < 1 ? 0 : rest; // it scrolls by whole pixels of the device
  }

  #scrollLines(pixels: number, x: number, y: number): void {
    this.#pixels += pixels;
    const lines = Math.trunc(this.#pixels / this.#lineHeight());
    if (lines === 0) return;
    this.#pixels -= lines * this.#lineHeight();
    if (this.#isPrograms()) this.#turnWheel(lines, x, y);
    else this.#terminal.scrollLines(lines);
  }

  /** Be a mouse's wheel: xterm knows what the program wants to hear of that. */
  #turnWheel(lines: number, clientX: number, clientY: number): void {
    const deltaMode = WheelEvent.DOM_DELTA_LINE;
    const deltaY = Math.sign(lines);
    for (let line = 0; line < Math.abs(lines); line += 1)
      this.#element.dispatchEvent(new WheelEvent("wheel", { deltaMode, deltaY, clientX, clientY, cancelable: true }));
  }

  #isPrograms(): boolean {
    const { modes, buffer } = this.#terminal;
    return !["none", "x10"].includes(modes.mouseTrackingMode) || buffer.active.type === "alternate";
  }

  #lineHeight(): number {
    return (this.#element.querySelector(".xterm-screen")?.clientHeight ?? 0) / this.#terminal.rows || 1;
  }
}
