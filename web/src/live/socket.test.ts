import { describe, expect, test } from "vitest";
import type { FromServer } from "./messages";
import { type Connection, LiveSocket, PING_MS, SILENCE_MS, type Wire, type World } from "./socket";

/** A world whose clock moves when told to, and whose wires are plain objects. */
class Bench {
  nowMs = 0;
  isOnline = true;
  readonly wires: (Wire & { sent: string[]; isClosed: boolean })[] = [];
  readonly states: Connection["state"][] = [];
  isFollowing = false;
  readonly heard: FromServer[] = [];
  readonly positions = new Map<string, number>();
  #timers: { atMs: number; run: () => void }[] = [];
  readonly socket: LiveSocket;

  constructor() {
    const world: World = {
      open: () => {
        const wire = {
          onopen: null,
          onmessage: null,
          onclose: null,
          sent: [] as string[],
          isClosed: false,
          send: (text: string) => void wire.sent.push(text),
          close: () => {
            wire.isClosed = true;
          },
        };
        this.wires.push(wire);
        return wire;
      },
      now: () => this.nowMs,
      after: (ms, run) => {
        const timer = { atMs: this.nowMs + ms, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((each) => each !== timer);
        };
      },
      random: () => 0.5,
      isOnline: () => this.isOnline,
    };
    this.socket = new LiveSocket(world, {
      message: (message) => void this.heard.push(message),
      connection: (connection) => {
        this.states.push(connection.state);
        this.isFollowing = connection.state === "live" && connection.isFollowing;
      },
      position: (id) => this.positions.get(id),
    });
  }

  get wire() {
    const wire = this.wires.at(-1);
    if (wire === undefined) throw new Error("nothing was opened");
    return wire;
  }

  get sent() {
    return this.wire.sent.map((text) => JSON.parse(text) as Record<string, unknown>);
  }

  open(): void {
    this.socket.start();
    this.wire.onopen?.();
  }

  say(message: FromServer): void {
    this.wire.onmessage?.({ data: JSON.stringify(message) });
  }

  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }
}

describe("the live socket", () => {
  test("asks for the overview and for every session that is watched", () => {
    const bench = new Bench();
    bench.socket.subscribe("s1");
    bench.open();
    expect(bench.sent).toEqual([{ type: "overview" }, { type: "subscribe", session_id: "s1" }]);
  });

  test("follows all changes once the server says so, and after a break once it says so again", () => {
    const bench = new Bench();
    bench.open();
    expect(bench.isFollowing).toBe(false);
    bench.say({ type: "overview" });
    expect(bench.isFollowing).toBe(true);
    bench.wire.onclose?.();
    bench.pass(10_000);
    bench.wire.onopen?.();
    expect(bench.isFollowing).toBe(false);
    bench.say({ type: "overview" });
    expect(bench.isFollowing).toBe(true);
  });

  test("says which session is before the person, and after a break again while it still is", () => {
    const bench = new Bench();
    bench.socket.look("s1");
    bench.open();
    expect(bench.sent.at(-1)).toEqual({ type: "look", session_id: "s1" });
    bench.socket.look(null);
    expect(bench.sent.at(-1)).toEqual({ type: "look", session_id: null });
    bench.wire.onclose?.();
    bench.pass(10_000);
    bench.wire.onopen?.();
    expect(bench.sent).toEqual([{ type: "overview" }]);
  });

  test("resumes exactly where each transcript stands", () => {
    const bench = new Bench();
    bench.open();
    bench.socket.subscribe("s1");
    bench.positions.set("s1", 41);
    bench.wire.onclose?.();
    bench.pass(10_000);
    bench.wire.onopen?.();
    expect(bench.sent).toContainEqual({ type: "subscribe", session_id: "s1", after: 41 });
  });

  test("pings, and stays while it is answered", () => {
    const bench = new Bench();
    bench.open();
    for (let round = 0; round < 5; round += 1) {
      bench.pass(PING_MS);
      expect(bench.sent.at(-1)).toEqual({ type: "ping" });
      bench.say({ type: "pong" });
      bench.pass(SILENCE_MS - PING_MS);
    }
    expect(bench.wires).toHaveLength(1);
  });

  test("leaves a server that has fallen silent", () => {
    const bench = new Bench();
    bench.open();
    bench.pass(SILENCE_MS);
    expect(bench.wires[0]?.isClosed).toBe(true);
    expect(bench.states.at(-1)).toBe("waiting");
  });

  test("waits longer after each failure, and begins afresh after a success", () => {
    const bench = new Bench();
    bench.socket.start();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const opened = bench.wires.length;
      bench.wire.onclose?.();
      let waited = 0;
      while (bench.wires.length === opened) {
        bench.pass(50);
        waited += 50;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([250, 500, 1000, 2000]);
    bench.wire.onopen?.();
    bench.say({ type: "pong" });
    bench.wire.onclose?.();
    bench.pass(250);
    expect(bench.wires).toHaveLength(6);
  });

  test("comes back when a server that stops has said, not before", () => {
    const bench = new Bench();
    bench.open();
    bench.say({ type: "bye", retry_after_ms: 3_000 });
    bench.pass(2_900);
    expect(bench.wires).toHaveLength(1);
    bench.pass(700);
    expect(bench.wires).toHaveLength(2);
  });

  test("catches up by position when it was too slow", () => {
    const bench = new Bench();
    bench.open();
    bench.socket.subscribe("s1");
    bench.positions.set("s1", 7);
    bench.say({ type: "lagged", session_id: "s1" });
    expect(bench.sent.at(-1)).toEqual({ type: "subscribe", session_id: "s1", after: 7 });
  });

  test("says that it is offline instead of trying in vain, and returns with the network", () => {
    const bench = new Bench();
    bench.open();
    bench.isOnline = false;
    bench.wire.onclose?.();
    expect(bench.states.at(-1)).toBe("offline");
    bench.isOnline = true;
    bench.socket.check();
    expect(bench.states.at(-1)).toBe("connecting");
  });

  test("finds out at once, when the page is looked at again, that the server has gone", () => {
    const bench = new Bench();
    bench.open();
    bench.pass(1_000);
    bench.socket.check();
    bench.pass(5_000);
    expect(bench.states.at(-1)).toBe("waiting");
  });

  test("says of each answer whether it is the whole or only what changed, by what was asked", () => {
    const bench = new Bench();
    const answer = {
      type: "items",
      session_id: "s1",
      items: [],
      position: 1,
      has_earlier: false,
    } as unknown as FromServer;
    bench.open();
    bench.positions.set("s1", 41);
    bench.socket.subscribe("s1");
    bench.positions.clear();
    bench.socket.catchUp("s1");
    bench.say(answer);
    bench.say(answer);
    expect(bench.heard.map((message) => message.type === "items" && message.reset)).toEqual([false, true]);
  });

  test("stops watching what nobody looks at", () => {
    const bench = new Bench();
    bench.open();
    bench.socket.subscribe("s1");
    bench.socket.unsubscribe("s1");
    expect(bench.sent.at(-1)).toEqual({ type: "unsubscribe", session_id: "s1" });
  });

  test("that is stopped while it begins ends when it has begun, and asks nothing", () => {
    const bench = new Bench();
    bench.socket.start();
    bench.socket.stop();
    expect(bench.wire.isClosed).toBe(false);
    bench.wire.onopen?.();
    expect(bench.wire.isClosed).toBe(true);
    expect(bench.sent).toEqual([]);
    expect(bench.states.at(-1)).toBe("stopped");
  });

  test("is quiet once stopped", () => {
    const bench = new Bench();
    bench.open();
    bench.socket.stop();
    bench.pass(120_000);
    expect(bench.wires).toHaveLength(1);
    expect(bench.states.at(-1)).toBe("stopped");
  });
});
