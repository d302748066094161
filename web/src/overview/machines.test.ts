import { expect, it } from "vitest";
import { agent } from "../testing/samples";
import { byNeed, isOlder, troubles } from "./machines";

it("knows an older version by its numbers, and takes a later or an equal one for no update", () => {
  expect([isOlder("0.9.0", "0.10.0"), isOlder("0.1", "0.1.1"), isOlder("1.0.0-rc1", "1.0.1")]).toEqual([
    true,
    true,
    true,
  ]);
  expect([isOlder("0.10.0", "0.9.9"), isOlder("0.1.0", "0.1.0"), isOlder("test", "0.1")]).toEqual([
    false,
    false,
    false,
  ]);
});

it("shows machines in trouble first, then busy ones, and those that are away last", () => {
  const revoked = agent({ name: "revoked", keys: [] });
  const busy = agent({ name: "busy", sessions: { running: 3, queued: 0 } });
  const away = agent({ name: "away", online: false, keys: [] });
  expect(troubles(revoked)).toEqual(["revoked"]);
  expect([away, agent({ name: "idle" }), busy, revoked].sort(byNeed).map(({ name }) => name)).toEqual([
    "revoked",
    "busy",
    "idle",
    "away",
  ]);
});
