import { backoffMs } from "../../live/backoff";
import { decodeFrames, type LogFrame, wholeBytes } from "./frames";

const AT_FIRST = 500;
const EARLIER = 500;
/** Beyond so much the oldest frames are let go while new ones come, later where somebody reads up there; they load again. */
export const MOST_FRAMES = 5000;
const MOST_CHARACTERS = 8_000_000;
const READING = 4;
const GONE = 4403;

export interface LogView {
  frames: readonly LogFrame[];
  hasEarlier: boolean;
  /** Whether frames were let go while one read up there: more that is loaded would be let go, too. */
  isFull: boolean;
  isLive: boolean;
  /** The session is not to be seen any more: nothing is tried again. */
  isGone: boolean;
  isBusy: boolean;
  problem: string | null;
}

/** A session's log from near its end on, following what comes; it comes back by itself after a break. */
export class LogReader {
  readonly #path: string;
  readonly #tell: (view: LogView) => void;
  #view: LogView;
  #next: number;
  #socket: WebSocket | null = null;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  #isClosed = false;
  /** Whether the newest frames are read, and not earlier ones. */
  isAtEnd = true;

  constructor(sessionId: string, lastSeq: number, tell: (view: LogView) => void) {
    this.#path = `/api/v1/sessions/${sessionId}`;
    this.#tell = tell;
    this.#next = Math.max(1, lastSeq - AT_FIRST + 1);
    this.#view = {
      frames: [],
      hasEarlier: this.#next > 1,
      isFull: false,
      isLive: false,
      isGone: false,
      isBusy: true,
      problem: null,
    };
    this.#open();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#drop();
  }

  /** Load what came before the first frame that is here. */
  async loadEarlier(): Promise<void> {
    const first = this.#view.frames[0]?.seq ?? this.#next;
    if (this.#view.isBusy || this.#view.isFull || first <= 1) return;
    this.#become({ isBusy: true });
    const from = Math.max(1, first - EARLIER);
    try {
      const earlier = await this.#read(from, first - 1);
      if (this.#isClosed) return;
      const { frames } = this.#view;
      const isNext = (frames[0]?.seq ?? first) === first; // what was there may have been let go meanwhile
      this.#become({ isBusy: false, problem: null });
      if (isNext) this.#become({ frames: [...earlier, ...frames], hasEarlier: from > 1 });
    } catch (failure) {
      this.#become({ isBusy: false, problem: `The earlier part could not be loaded: ${String(failure)}` });
    }
  }

  /** Read the stored frames `from` to `to`, and no further: the route would send all that follow. */
  async #read(from: number, to: number): Promise<LogFrame[]> {
    const answer = await fetch(`${this.#path}/frames?after=${from - 1}`, { credentials: "same-origin" });
    if (!answer.ok || answer.body === null) throw new Error(`the server answered ${answer.status}.`);
    const reader = answer.body.getReader();
    const found: LogFrame[] = [];
    let rest = new Uint8Array(0);
    while ((found.at(-1)?.seq ?? 0) < to) {
      const { done, value } = await reader.read();
      if (done) break;
      const bytes = new Uint8Array(rest.length + value.length);
      bytes.set(rest);
      bytes.set(value, rest.length);
      const whole = wholeBytes(bytes);
      found.push(...decodeFrames(bytes.slice(0, whole).buffer));
      rest = bytes.slice(whole);
    }
    await reader.cancel();
    return found.filter(({ seq }) => seq >= from && seq <= to);
  }

  #open(): void {
    this.#drop();
    const address = new URL(`${this.#path}/live-log?after=${this.#next - 1}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#become({ isLive: true, isBusy: false, problem: null });
    socket.onmessage = ({ data }) => this.#take(data as ArrayBuffer);
    socket.onclose = ({ code }) => this.#comeBack(code);
    this.#socket = socket;
  }

  #take(data: ArrayBuffer): void {
    this.#attempts = 0;
    try {
      const fresh = decodeFrames(data).filter(({ seq }) => seq >= this.#next);
      const newest = fresh.at(-1);
      if (newest === undefined) return;
      this.#next = newest.seq + 1;
      const frames = [...this.#view.frames, ...fresh];
      const left = newestOf(frames, this.isAtEnd ? 1 : READING);
      const isCut = left.length < frames.length;
      this.#become({
        frames: left,
        hasEarlier: this.#view.hasEarlier || isCut,
        isFull: !this.isAtEnd && (this.#view.isFull || isCut),
      });
    } catch (failure) {
      this.#become({ problem: String(failure) });
    }
  }

  #comeBack(code: number): void {
    if (this.#isClosed) return;
    this.#become({ isLive: false });
    if (code === GONE)
      return this.#become({ isGone: true, isBusy: false, problem: "This session is not to be seen any more." });
    this.#timer = setTimeout(() => this.#open(), backoffMs(this.#attempts, Math.random));
    this.#attempts += 1;
  }

  #drop(): void {
    if (this.#socket === null) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  /** Change what is shown; told once a frame, however fast the log grows. */
  #become(changes: Partial<LogView>): void {
    this.#view = { ...this.#view, ...changes };
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#tell(this.#view));
  }
}

function newestOf(frames: readonly LogFrame[], times: number): readonly LogFrame[] {
  let first = frames.length;
  let characters = 0;
  while (first > 0 && frames.length - first < MOST_FRAMES * times) {
    characters += frames[first - 1]?.text.length ?? 0;
    if (characters > MOST_CHARACTERS * times && first < frames.length) break;
    first -= 1;
  }
  return first === 0 ? frames : frames.slice(first);
}
