import { newId } from "../../api/ids";
import type { Activity, Mode, SessionState } from "../../api/types";
import { backoffMs } from "../../live/backoff";
import { type RawFrame, readFrames } from "../raw/frames";
import { Keys } from "./keys";

/** How the session and its viewers are, as the server says it (docs/transcript.md, "A terminal's socket"). */
export interface TerminalState {
  viewer: string;
  may_type: boolean;
  round: number | null;
  owner: { viewer: string; username: string } | null;
  mode: Mode;
  session_state: SessionState;
  activity: Activity | null;
}

interface Screen {
  seq: number;
  columns: number;
  rows: number;
  data: string;
}

type FromServer =
  | ({ type: "screen" } & Screen)
  | ({ type: "state" } & TerminalState)
  | { type: "again"; id: string; round: number }
  | { type: "refused"; id: string | null; code: string; message: string };

/** Who is told of what comes. */
export interface TerminalViewer {
  /** Begin anew with what the screen showed. */
  begin(columns: number, rows: number, data: Uint8Array): void;
  write(data: Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** Say when everything that came so far is on the screen. */
  whenShown(then: () => void): void;
  /** How everything is; null while the server is away. */
  state(state: TerminalState | null): void;
  /** So much was typed and the machine does not have it yet. */
  untaken(count: number): void;
  /** What was typed is lost, and why. */
  lost(message: string): void;
  /** The session is not to be seen any more: nothing is tried again. */
  gone(): void;
}

/** The part of a WebSocket that is used; `onclose` says with which code. */
export interface TerminalWire {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

/** What it needs of the world around it. `open` is asked for what follows a frame, or for the screen (null). */
export interface TerminalWorld {
  open(after: number | null): TerminalWire;
  now(): number;
  after(ms: number, run: () => void): () => void;
  random(): number;
}

const GONE = 4403;
const MOST_BYTES = 32 * 1024;
/** The server is told of what is on the screen in steps of this: a small part of how far it runs ahead (AHEAD_BYTES). */
const TOLD_BYTES = 256 * 1024;
const NOTHING = new Uint8Array();
const DECODER = new TextDecoder();

/** One viewer of a terminal session: comes back after a break where it was, and sends each key until it is taken. */
export class TerminalLink {
  readonly #world: TerminalWorld;
  readonly #viewer: TerminalViewer;
  readonly #userId: string;
  readonly #keys = new Keys();
  #wire: TerminalWire | null = null;
  #position: number | null = null;
  #size: { columns: number; rows: number } | null = null;
  /** Whether the server has said how everything is since it was last asked. */
  #isOpen = false;
  /** How many bytes of this connection's messages are on the screen, and how many of them the server was told of. */
  #shown = 0;
  #toldShown = 0;
  #attempts = 0;
  #cancelTimer: () => void = () => {};

  constructor(world: TerminalWorld, userId: string, viewer: TerminalViewer) {
    this.#world = world;
    this.#userId = userId;
    this.#viewer = viewer;
    this.#open();
  }

  close(): void {
    this.#drop();
  }

  /** The server was away, and a connection may be dead without having noticed: begin another where this one is. */
  reopen(): void {
    this.#keys.hold();
    this.#open();
  }

  /** Since when the machine does not have what was typed; null where it has everything. */
  get untakenSinceMs(): number | null {
    return this.#keys.oldestMs;
  }

  /** Type bytes, however many: what is pasted may be more than one message takes. */
  type(data: Uint8Array): void {
    for (let start = 0; start < data.length; start += MOST_BYTES) {
      const id = newId();
      const encoded = base64(data.subarray(start, start + MOST_BYTES));
      if (this.#keys.type(id, encoded, this.#world.now())) this.#sendKeys(id, encoded);
    }
    this.#viewer.untaken(this.#keys.count);
  }

  /** Say how large this viewer's window is. */
  resized(columns: number, rows: number): void {
    if (this.#size?.columns === columns && this.#size.rows === rows) return;
    this.#size = { columns, rows };
    this.#send({ type: "size", columns, rows });
  }

  /** Let this viewer's window give the session its size. */
  own(): void {
    this.#send({ type: "own" });
  }

  #open(): void {
    this.#drop();
    const wire = this.#world.open(this.#position);
    this.#shown = this.#toldShown = 0;
    wire.onmessage = ({ data }) => this.#heard(data);
    wire.onclose = ({ code }) => this.#lost(code);
    this.#wire = wire;
  }

  #heard(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      for (const frame of readFrames(data)) this.#take(frame);
      this.#viewer.untaken(this.#keys.count);
      const wire = this.#wire;
      this.#viewer.whenShown(() => {
        if (wire !== this.#wire) return;
        this.#shown += data.byteLength;
        this.#tellShown();
      });
      return;
    }
    const message = JSON.parse(String(data)) as FromServer;
    switch (message.type) {
      case "screen":
        return this.#begin(message);
      case "state":
        return this.#become(message);
      case "again":
        return this.#keys.refuse(message.round);
      case "refused":
        if (message.id !== null) this.#keys.refused(message.id);
        this.#viewer.untaken(this.#keys.count);
        return this.#viewer.lost(message.message);
    }
  }

  #begin({ seq, columns, rows, data }: Screen): void {
    if (this.#position !== null) this.#keys.doubt();
    this.#viewer.begin(columns, rows, bytes(data));
    this.#position = seq;
    this.#viewer.untaken(this.#keys.count);
  }

  #take({ seq, stream, payload }: RawFrame): void {
    if (this.#position !== null && seq <= this.#position) return;
    if (stream === "pty") this.#viewer.write(payload);
    this.#position = seq;
    if (stream !== "event") return;
    const event = JSON.parse(DECODER.decode(payload)) as { event?: string } & Record<string, unknown>;
    if (event.event === "input" && typeof event.id === "string" && event.id.startsWith(`${this.#userId}.`))
      this.#keys.taken(event.id.slice(this.#userId.length + 1));
    const { columns, rows } = event;
    if (typeof columns !== "number" || typeof rows !== "number") return;
    if (event.event === "started") this.#viewer.begin(columns, rows, NOTHING);
    else this.#viewer.resize(columns, rows);
  }

  #tellShown(): void {
    if (!this.#isOpen || this.#shown - this.#toldShown < TOLD_BYTES) return;
    this.#toldShown = this.#shown;
    this.#send({ type: "shown", bytes: this.#shown });
  }

  #become(state: TerminalState): void {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#attempts = 0;
      this.#tellShown();
      if (this.#size !== null) this.#send({ type: "size", ...this.#size });
    }
    const { again, dropped } = this.#keys.registered(state.round, this.#world.now());
    for (const { id, data } of again) this.#sendKeys(id, data);
    if (dropped > 0) this.#viewer.lost("What was typed while the machine was away is dropped: it is too old.");
    this.#viewer.untaken(this.#keys.count);
    this.#viewer.state(state);
  }

  #lost(code: number): void {
    this.#wire = null;
    this.#isOpen = false;
    this.#keys.hold();
    this.#viewer.state(null);
    if (code === GONE) return this.#viewer.gone();
    this.#cancelTimer = this.#world.after(backoffMs(this.#attempts, this.#world.random), () => this.#open());
    this.#attempts += 1;
  }

  #drop(): void {
    this.#cancelTimer();
    this.#isOpen = false;
    const wire = this.#wire;
    this.#wire = null;
    if (wire === null) return;
    wire.onmessage = wire.onclose = null;
    wire.close();
  }

  #sendKeys(id: string, data: string): void {
    this.#send({ type: "keys", id, round: this.#keys.round, data });
  }

  #send(message: object): void {
    if (this.#isOpen) this.#wire?.send(JSON.stringify(message));
  }
}

function base64(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
