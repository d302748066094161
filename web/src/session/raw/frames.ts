/** The frames of a session's log as the machine numbered them (docs/protocol.md, F-1), read from their bytes. */

const HEADER_BYTES = 44;
const MAGIC = 0x4643; // "CF", little-endian
const STREAMS = ["", "stdin", "stdout", "stderr", "pty", "event", "transcript"] as const;
const DECODER = new TextDecoder();

export type StreamName = Exclude<(typeof STREAMS)[number], "">;

interface Header {
  seq: number;
  epoch: number;
  stream: StreamName;
  atMs: number;
}

export interface RawFrame extends Header {
  payload: Uint8Array;
}

export interface LogFrame extends Header {
  /** The payload as text; bytes that are not UTF-8, as where a character was cut, are shown as U+FFFD. */
  text: string;
}

/** Read whole frames, back to back, as text. Throws an Error where the bytes are none. */
export function decodeFrames(buffer: ArrayBuffer): LogFrame[] {
  return readFrames(buffer).map(({ payload, ...header }) => ({ ...header, text: DECODER.decode(payload) }));
}

/** Read whole frames, back to back. Throws an Error where the bytes are none. */
export function readFrames(buffer: ArrayBuffer): RawFrame[] {
  const view = new DataView(buffer);
  const frames: RawFrame[] = [];
  let start = 0;
  while (start < buffer.byteLength) {
    const end =
      start + HEADER_BYTES + (start + HEADER_BYTES > buffer.byteLength ? 0 : view.getUint32(start + 36, true));
    const stream = end > buffer.byteLength ? "" : STREAMS[view.getUint8(start + 4)];
    if (!stream || view.getUint16(start, true) !== MAGIC)
      throw new Error("The log is damaged here. Verify the session.");
    frames.push({
      seq: Number(view.getBigUint64(start + 12, true)),
      epoch: view.getUint32(start + 8, true),
      stream,
      atMs: Number(view.getBigUint64(start + 28, true)),
      payload: new Uint8Array(buffer, start + HEADER_BYTES, end - start - HEADER_BYTES),
    });
    start = end;
  }
  return frames;
}

/** How many bytes from the beginning of `bytes` are whole frames. */
export function wholeBytes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  while (start + HEADER_BYTES <= bytes.length) {
    const end = start + HEADER_BYTES + view.getUint32(start + 36, true);
    if (end > bytes.length) break;
    start = end;
  }
  return start;
}

/** What a frame is about, in a word or two: its stream, and the types of the JSON lines in it. */
export function kindOf(frame: LogFrame): string {
  const kinds = new Set(
    linesOf(frame)
      .map(({ json }) => nameOf(json))
      .filter((name) => name !== ""),
  );
  return [...kinds].join(", ") || frame.stream;
}

export interface LogLine {
  text: string;
  /** The line as JSON; undefined where it is none, as where a frame ends in its midst. */
  json: unknown;
}

const lines = new WeakMap<LogFrame, readonly LogLine[]>();

/** The lines of a frame. They are parsed once, when they are first looked at. */
export function linesOf(frame: LogFrame): readonly LogLine[] {
  const known = lines.get(frame);
  if (known !== undefined) return known;
  const found = frame.text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((text) => ({ text, json: parsed(text) }));
  lines.set(frame, found);
  return found;
}

function parsed(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameOf(json: unknown): string {
  if (typeof json !== "object" || json === null) return "";
  const { type, subtype, event, request } = json as Record<string, unknown>;
  const inner = [subtype, event, request].map((each) =>
    typeof each === "object" && each !== null
      ? ((each as Record<string, unknown>).type ?? (each as Record<string, unknown>).subtype)
      : each,
  );
  return [type, ...inner].filter((each) => typeof each === "string").join(" ");
}
