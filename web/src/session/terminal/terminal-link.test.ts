import { beforeEach, expect, test } from "vitest";
import { TerminalLink, type TerminalState, type TerminalViewer, type TerminalWire } from "./terminal-link";

const USER = "usr_ada";
const STATE: TerminalState = {
  viewer: "v1",
  may_type: true,
  round: 1,
  owner: null,
  mode: "terminal",
  session_state: "running",
  activity: "idle",
};
const STREAMS = { stdin: 1, stdout: 2, stderr: 3, pty: 4, event: 5 };

class Wire implements TerminalWire {
  onmessage: TerminalWire["onmessage"] = null;
  onclose: TerminalWire["onclose"] = null;
  sent: Record<string, unknown>[] = [];
  isClosed = false;
  constructor(readonly after: number | null) {}
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.isClosed = true;
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  show(seq: number, stream: keyof typeof STREAMS, payload: string) {
    const body = new TextEncoder().encode(payload);
    const bytes = new Uint8Array(44 + body.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x43, 0x46, 1, 0, STREAMS[stream]]);
    view.setBigUint64(12, BigInt(seq), true);
    view.setUint32(36, body.length, true);
    bytes.set(body, 44);
    this.onmessage?.({ data: bytes.buffer });
  }
}

let wires: Wire[];
let told: unknown[][];
/** What waits for the screen to have drawn. */
let drawn: (() => void)[];
let timers: (() => void)[];
let now: number;
let failure: Error | null;
let link: TerminalLink;

const wire = () => wires.at(-1) as Wire;
const typed = () => wire().sent.filter(({ type }) => type === "keys");
const encode = (text: string) => new TextEncoder().encode(text);

beforeEach(() => {
  [wires, told, drawn, timers, now, failure] = [[], [], [], [], 0, null];
  const viewer: TerminalViewer = {
    begin: (columns, rows, data) => told.push(["begin", columns, rows, new TextDecoder().decode(data)]),
    write: (data) => {
      if (failure !== null) throw failure;
      told.push(["write", new TextDecoder().decode(data)]);
    },
    resize: (columns, rows) => told.push(["resize", columns, rows]),
    whenShown: (then) => drawn.push(then),
    state: (state) => told.push(["state", state?.round ?? null]),
    untaken: (count) => told.push(["untaken", count]),
    lost: (message) => told.push(["lost", message]),
    gone: () => told.push(["gone"]),
  };
  link = new TerminalLink(
    {
      open: (after) => {
        wires.push(new Wire(after));
        return wire();
      },
      now: () => now,
      after: (_, run) => {
        timers.push(run);
        return () => {};
      },
      random: () => 0.5,
    },
    USER,
    viewer,
  );
});

test("the screen comes first, and then what follows it, each frame once", () => {
  wire().say({ type: "screen", seq: 5, columns: 90, rows: 30, data: btoa("hello") });
  wire().show(5, "pty", "doubled");
  wire().show(6, "pty", "more");
  wire().show(7, "event", '{"event":"resized","columns":50,"rows":20}');
  expect(told.filter(([kind]) => kind !== "untaken")).toEqual([
    ["begin", 90, 30, "hello"],
    ["write", "more"],
    ["resize", 50, 20],
  ]);
});

test("another process begins with an empty screen", () => {
  wire().say({ type: "screen", seq: 5, columns: 90, rows: 30, data: btoa("hello") });
  wire().show(6, "event", '{"event":"started","columns":50,"rows":20}');
  expect(told.at(-2)).toEqual(["begin", 50, 20, ""]);
});

test("what is typed is sent, and on its way until the log has it", () => {
  wire().say({ type: "state", ...STATE });
  link.type(encode("\u001b[A"));
  expect(typed()).toEqual([{ type: "keys", id: expect.any(String), round: 1, data: btoa("\u001b[A") }]);
  expect(told.at(-1)).toEqual(["untaken", 1]);
  wire().show(1, "event", JSON.stringify({ event: "input", id: `${USER}.${typed()[0]?.id}`, bytes: 3 }));
  expect(told.at(-1)).toEqual(["untaken", 0]);
});

test("what is pasted goes in parts that the server takes, in order", () => {
  wire().say({ type: "state", ...STATE });
  const pasted = "0123456789".repeat(10_000);
  link.type(encode(pasted));
  const parts = typed().map(({ data }) => atob(String(data)));
  expect(parts.map(({ length }) => length)).toEqual([32_768, 32_768, 32_768, 1_696]);
  expect(parts.join("")).toBe(pasted);
});

test("after a break it goes on where it was, and sends again what nobody has", () => {
  wire().say({ type: "screen", seq: 0, columns: 80, rows: 24, data: "" });
  wire().say({ type: "state", ...STATE });
  link.resized(100, 30);
  link.type(encode("a"));
  wire().show(1, "pty", "x");
  const first = typed()[0];
  wire().onclose?.({ code: 1006 });
  expect(told.at(-1)).toEqual(["state", null]);
  link.type(encode("b"));
  timers.at(-1)?.();
  expect(wire().after).toBe(1);
  expect(wire().sent).toEqual([]);
  wire().say({ type: "state", ...STATE });
  expect(wire().sent).toEqual([
    { type: "size", columns: 100, rows: 30 },
    first,
    { type: "keys", id: expect.any(String), round: 1, data: btoa("b") },
  ]);
});

test("a frame that cannot be written is not passed over", () => {
  wire().say({ type: "screen", seq: 5, columns: 80, rows: 24, data: "" });
  failure = new Error("too much");
  expect(() => wire().show(6, "pty", "lost?")).toThrow(failure);
  failure = null;
  wire().onclose?.({ code: 1006 });
  timers.at(-1)?.();
  expect(wire().after).toBe(5);
});

test("where a screen stands for what was passed over, no receipt is waited for, and a key is sent again as ever", () => {
  wire().say({ type: "screen", seq: 0, columns: 80, rows: 24, data: "" });
  wire().say({ type: "state", ...STATE });
  link.type(encode("a"));
  wire().onclose?.({ code: 1006 });
  timers.at(-1)?.();
  wire().say({ type: "state", ...STATE });
  wire().say({ type: "screen", seq: 900, columns: 80, rows: 24, data: btoa("later") });
  expect(told.at(-1)).toEqual(["untaken", 0]);
  wire().say({ type: "state", ...STATE, round: 2 });
  expect(typed().map(({ data }) => data)).toEqual([btoa("a"), btoa("a")]);
});

test("what the machine was away for is sent to its next registration only", () => {
  wire().say({ type: "state", ...STATE });
  link.type(encode("a"));
  wire().say({ type: "again", id: typed()[0]?.id, round: 1 });
  link.type(encode("b"));
  wire().say({ type: "state", ...STATE, round: null });
  expect(typed()).toHaveLength(1);
  wire().say({ type: "state", ...STATE, round: 2 });
  expect(typed().map(({ data }) => data)).toEqual([btoa("a"), btoa("a"), btoa("b")]);
});

test("a key names the round it was sent in, and a late refusal of another one holds nothing up", () => {
  wire().say({ type: "state", ...STATE });
  link.type(encode("a"));
  wire().say({ type: "state", ...STATE, round: 2 });
  wire().say({ type: "again", id: typed()[0]?.id, round: 1 });
  link.type(encode("b"));
  expect(typed().map(({ data, round }) => [data, round])).toEqual([
    [btoa("a"), 1],
    [btoa("a"), 2],
    [btoa("b"), 2],
  ]);
});

test("what is too old by then is dropped, and that is said", () => {
  link.type(encode("a"));
  now = 11_000;
  wire().say({ type: "state", ...STATE });
  expect(typed()).toEqual([]);
  expect(told).toContainEqual(["lost", expect.stringContaining("too old")]);
});

test("what is refused is said, and not sent again", () => {
  wire().say({ type: "state", ...STATE });
  link.type(encode("a"));
  wire().say({ type: "refused", id: typed()[0]?.id, code: "forbidden", message: "You may watch." });
  expect(told.at(-1)).toEqual(["lost", "You may watch."]);
  wire().say({ type: "state", ...STATE, round: 2 });
  expect(typed()).toHaveLength(1);
});

test("a session that is gone is not asked for again", () => {
  wire().onclose?.({ code: 4403 });
  expect(timers).toEqual([]);
  expect(told.at(-1)).toEqual(["gone"]);
});

test("the server hears how much is on the screen, once it is there, of each connection from nothing", () => {
  const shown = () => wire().sent.filter(({ type }) => type === "shown");
  wire().say({ type: "state", ...STATE });
  wire().show(1, "pty", "x".repeat(200_000));
  wire().show(2, "pty", "x".repeat(200_000));
  expect(shown()).toEqual([]);
  drawn.shift()?.();
  expect(shown()).toEqual([]);
  drawn.shift()?.();
  expect(shown()).toEqual([{ type: "shown", bytes: 400_088 }]);

  wire().show(3, "pty", "x".repeat(300_000));
  wire().onclose?.({ code: 1006 });
  timers.at(-1)?.();
  wire().show(4, "pty", "x".repeat(300_000));
  for (const then of drawn) then();
  expect(shown()).toEqual([]);
  wire().say({ type: "state", ...STATE });
  expect(shown()).toEqual([{ type: "shown", bytes: 300_044 }]);
});
